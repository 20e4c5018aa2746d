"""The evidence pack: what a committee reads before somebody signs."""
