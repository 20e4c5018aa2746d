"""Does a candidate answer at all? Tells of degenerate output over a window of pairs: see docs/degenerate.md.

`measuring.newest(store, workflow, fingerprint, as_of)` is what readiness asks; its `state`
blocks whatever a judge says.
"""
