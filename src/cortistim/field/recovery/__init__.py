"""Reading the gradient of a nodal potential at points of one tissue."""
