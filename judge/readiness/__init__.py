"""From evidence and policy to a state and its sentences. Pure."""
