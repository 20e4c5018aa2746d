"""One file a kind of model; the file's name is its `kind` in the configuration."""
