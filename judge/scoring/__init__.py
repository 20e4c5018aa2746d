"""The scorer: which pairs are to be checked and judged, and the rows that come of it."""
