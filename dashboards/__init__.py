"""Everything somebody looks at or asks: pages, command line, demo."""
