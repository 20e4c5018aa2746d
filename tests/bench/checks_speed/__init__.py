"""The checks of an extraction workflow by the second, and the same done by DeepEval in the same run.

make bench-checks-speed [ARGS="--pairs 5000"]
"""
