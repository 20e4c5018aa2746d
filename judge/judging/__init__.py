"""Ask the judge about a pair, and make one verdict of its replies."""
