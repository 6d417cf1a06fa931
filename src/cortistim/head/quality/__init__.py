"""Whether a mesh or labels can be trusted."""
