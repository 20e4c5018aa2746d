"""What the store says of a candidate, as counts bounded in time."""
