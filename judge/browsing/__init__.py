"""Checked pairs by the million: lists by filter and page, counts by day, clusters, text in a window of time."""
