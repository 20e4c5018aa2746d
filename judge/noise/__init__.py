"""The noise floor: production asked again, away from the mirror, on a share of what is stored."""
