"""Shapes of cells: SWC and Neurolucida ASC."""
