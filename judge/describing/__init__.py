"""Figures that people look at beside readiness: the judge as it was served, candidates beside each other."""
