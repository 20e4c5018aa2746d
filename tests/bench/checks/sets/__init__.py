"""One module a data set, named as its folder: `figures(rows, reference)` yields what the set shows."""
