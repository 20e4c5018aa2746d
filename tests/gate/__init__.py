"""The gate over HTTP, asked as release tools ask it."""
