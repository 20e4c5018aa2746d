"""The pages, one file each: read widgets, one call into judge, draw."""
