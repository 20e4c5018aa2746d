"""Policies: what the phases of a workflow demand, a TOML file each."""
