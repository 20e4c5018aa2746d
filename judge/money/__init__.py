"""What judging costs: entered before it is spent, capped, never paid for twice."""
