"""The sampling plan: which stored pairs the judge reads next, and which a person looks at next, and why."""
