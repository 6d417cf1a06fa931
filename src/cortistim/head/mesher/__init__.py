"""From tissue labels, or spheres, to tetrahedra.

`mesh_labels` fills a label image; `prepare_labels` first closes the layers a field depends
on; `layered_sphere` needs no image.
"""

from cortistim.head.mesher.build import VERSION, mesh_labels
from cortistim.head.mesher.preparation import prepare_labels
from cortistim.head.mesher.sizes import MeshSizes
from cortistim.head.mesher.spheres import layered_sphere

__all__ = ["VERSION", "MeshSizes", "layered_sphere", "mesh_labels", "prepare_labels"]
