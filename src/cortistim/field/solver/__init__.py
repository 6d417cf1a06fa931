"""The linear finite-element system of a head, and the multigrid that solves it."""
