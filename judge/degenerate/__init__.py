"""Does a candidate answer at all? Tells of degenerate output over a window of pairs: see docs/degenerate.md.

`measuring.newest` is what readiness asks; the `state` of its answer blocks whatever a judge says.
"""
