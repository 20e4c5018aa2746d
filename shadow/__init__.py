"""Run the candidate beside production, and keep what both said."""
