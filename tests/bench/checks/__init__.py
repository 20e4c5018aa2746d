"""The checks against recorded outputs of others: our figure beside the recorded one.

    make bench-checks [DATA=DIR] [ARGS="bfcl llmdrift"]

One module of `sets` reads the data set of its name, and nothing else lists it: it has `figures(rows, reference)`, which
yields a Figure for each thing that the set can show; `reference` is what `dev_figures.json` holds under "figures".
Rows are checked through `load_checks` and `examine`, as in the product.
"""
