"""Hemispheres from a mesh: told apart, filled inside, and without handles.

Takes a mesh and its tie to MNI space; gives `CorticalSurfaces` that are topological spheres.
"""

from cortistim.head.cortex.separation.separate import separated_cortex

__all__ = ["separated_cortex"]
