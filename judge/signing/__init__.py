"""Sign-offs: their chain, their staleness, their verification."""
