"""The cortex: its middle surface, folding, hemispheres, regions."""
