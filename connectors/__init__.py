"""The outside world: where traffic comes from, and the models that answer it."""
