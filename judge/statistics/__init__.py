"""What counts say, at every look. Pure: counts in, numbers and sentences out; numpy and scipy, nothing more.

Read in this order: components (what was counted) -> worst_case (the best explanation of the other side) -> mixture
(evidence and bounds) -> cell, counts, layout (which rates a mode adds up) -> defect_rate -> allocation (what to label
next) -> decision. Beside them stand rate (one rate, one quantile), paired (margins, noise floor), slices, drift, guard,
escalation, position, agreement and ladder; at_hand answers many questions at once and remembers. docs/statistics.md
says what is promised and when it does not hold.
"""
