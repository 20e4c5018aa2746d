"""Bounds on rates. Pure: counts in, numbers out."""
