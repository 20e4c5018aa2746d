"""The judge against people: how often it is right, how sure that is, and whether its verdicts may count."""
