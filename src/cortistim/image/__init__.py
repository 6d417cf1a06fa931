"""Images: an array of values with its place in space, and the one reader between its voxels."""

from cortistim.image.volume import Volume, grid_points_m, isotropic_grid

__all__ = ["Volume", "grid_points_m", "isotropic_grid"]
