"""Decide what a difference means, and whether the candidate may take over."""
