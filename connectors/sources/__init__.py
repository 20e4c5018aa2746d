"""One file a source; the file's name is its `kind` in the configuration."""
