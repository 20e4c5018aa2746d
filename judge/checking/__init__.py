"""From a pair to what its checks say: load the checks, run them, settle what they leave open."""
