"""A small software renderer: a triangulated surface, seen from far away, as an image.

Vertex values and normals are interpolated into a depth buffer, and the light is worked out
per pixel, so that the picture is smooth and half a million triangles take a second without
a graphics card.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from cortistim.geometry import frozen, unit
from cortistim.head.mesh import Surface
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m
from cortistim.viz.render import _kernels

OVERSAMPLING = 2
LIGHT = np.array([-0.35, 0.5, 0.8])  # right, up, toward the viewer: upper left, as is usual
AXES = (("R", (1, 0, 0)), ("A", (0, 1, 0)), ("S", (0, 0, 1)))
OPPOSITE = {"R": "L", "A": "P", "S": "I"}
ANTERIOR, SUPERIOR = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class View:
    """A parallel projection: where the viewer stands and what the picture spans.

    Parameters
    ----------
    toward : (3,) array
        Unit vector from the scene to the viewer.
    up : (3,) array
        Unit vector, upward in the picture.
    centre_m : (3,) array [m]
        In the middle of the picture.
    half_width_m : float [m]
        From the middle to the left and right edge.
    half_height_m : float [m]
        From the middle to the upper and lower edge.
    """

    toward: FloatArray
    up: FloatArray
    centre_m: FloatArray
    half_width_m: float
    half_height_m: float

    @property
    def right(self) -> FloatArray:
        """Unit vector to the right in the picture, (3,)."""
        return np.cross(self.up, self.toward)

    @property
    def extent_mm(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top in mm from the middle, as ``imshow`` takes it."""
        across, along = mm_from_m(self.half_width_m), mm_from_m(self.half_height_m)
        return -across, across, -along, along

    def project_m(self, points_m: FloatArray) -> FloatArray:
        """Return right, up and nearness of points, (n_point, 3), in metres."""
        return (points_m - self.centre_m) @ np.stack([self.right, self.up, self.toward]).T

    def project_mm(self, points_m: FloatArray) -> FloatArray:
        """Return right and up of points on the picture, (n_point, 2), in mm."""
        return mm_from_m(self.project_m(np.atleast_2d(points_m))[:, :2])

    def edge_labels(self) -> tuple[str, str, str, str]:
        """Return what lies left, right, below and above: ``A``, ``PS``, ..."""
        return (
            anatomical(-self.right),
            anatomical(self.right),
            anatomical(-self.up),
            anatomical(self.up),
        )


def view_of(
    toward: FloatArray, spans_m: FloatArray, *, aspect: float = 1.0, margin: float = 0.06
) -> View:
    """Look at points from a direction, upright, with all of them in the picture.

    Parameters
    ----------
    toward : (3,) array
        From the scene to the viewer, any length.
    spans_m : (n_point, 3) array [m]
        What the picture must hold.
    aspect : float
        Width over height.
    margin : float
        Free border, as a fraction of the picture.

    Returns
    -------
    View
        With superior up, or anterior up when looked at from above or below.
    """
    toward = unit(np.asarray(toward, dtype=float))
    reference = SUPERIOR if abs(toward[2]) < 0.85 else ANTERIOR
    up = unit(reference - (reference @ toward) * toward)
    flat = View(toward, up, np.zeros(3), 1.0, 1.0)
    seen = flat.project_m(spans_m)
    low, high = seen.min(axis=0), seen.max(axis=0)
    half = (high - low) / 2 * (1 + 2 * margin)
    height = max(half[1], half[0] / aspect)
    centre = (low + high) / 2 @ np.stack([flat.right, up, toward])
    return View(toward, up, frozen(centre), height * aspect, height)


def anatomical(direction: FloatArray) -> str:
    """Name a direction by its anatomical letters, the strongest first.

    Parameters
    ----------
    direction : (3,) array
        In the subject's frame (RAS), any length.

    Returns
    -------
    str
        One letter, or two when the second is at least half as strong.
    """
    parts = [(float(np.dot(direction, axis)), letter) for letter, axis in AXES]
    strength = sorted(
        ((abs(size), letter if size > 0 else OPPOSITE[letter]) for size, letter in parts),
        reverse=True,
    )
    return "".join(letter for size, letter in strength[:2] if size > 0.5 * strength[0][0])


@dataclass(frozen=True, eq=False)
class Buffer:
    """What the viewer sees at each (oversampled) pixel.

    Parameters
    ----------
    depth_m : (height, width) array [m]
        Nearness to the viewer; -inf where nothing is.
    normals : (height, width, 3) array
        Right, up and toward the viewer.
    values : (height, width, n_value) array
        The interpolated vertex values.
    """

    depth_m: FloatArray
    normals: FloatArray
    values: FloatArray

    @property
    def covered(self) -> FloatArray:
        """Where the surface is, (height, width), bool."""
        return np.isfinite(self.depth_m)


def rasterise(surface: Surface, values: FloatArray, view: View, height_px: int) -> Buffer:
    """Fill a surface's triangles into a picture.

    Parameters
    ----------
    surface : Surface
        Any number of triangles.
    values : (n_vertex, n_value) array
        What to interpolate.
    view : View
        From where.
    height_px : int
        Height of the final picture in pixels.

    Returns
    -------
    Buffer
        `OVERSAMPLING` times finer than asked for; see `downsample`.
    """
    rows = height_px * OVERSAMPLING
    columns = round(rows * view.half_width_m / view.half_height_m)
    seen = view.project_m(surface.vertices_m)
    scale = rows / (2 * view.half_height_m)
    corners = np.empty_like(seen)
    corners[:, 0] = (seen[:, 0] + view.half_width_m) * scale - 0.5
    corners[:, 1] = (view.half_height_m - seen[:, 1]) * scale - 0.5
    corners[:, 2] = seen[:, 2]
    axes = np.stack([view.right, view.up, view.toward])
    carried = np.column_stack([surface.normals @ axes.T, values]).astype(np.float32)
    depth = np.full((rows, columns), -np.inf)
    image = np.zeros((rows, columns, carried.shape[1]), dtype=np.float32)
    _kernels.fill_triangles(corners, surface.triangles, carried, depth, image)
    normals = image[..., :3]
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
    return Buffer(depth, normals, image[..., 3:])


def shade(
    buffer: Buffer, rgb: FloatArray, view: View, *, gloss: float = 0.12, hollow_m: float = 4e-3
) -> FloatArray:
    """Light a picture: diffuse light, a slight gloss, and darker hollows.

    Parameters
    ----------
    buffer : Buffer
        From `rasterise`.
    rgb : (height, width, 3) array
        Colour of each pixel before lighting, 0 to 1.
    view : View
        The same as for `rasterise`.
    gloss : float
        Strength of the highlight.
    hollow_m : float [m]
        Depth below the surroundings at which a hollow is half dark; 0 for none.

    Returns
    -------
    (height, width, 4) array
        RGBA at the final size.
    """
    light = unit(LIGHT)
    facing = np.abs(buffer.normals @ light.astype(np.float32))
    halfway = unit(light + np.array([0.0, 0.0, 1.0])).astype(np.float32)
    shine = gloss * np.maximum(buffer.normals @ halfway, 0) ** 24
    brightness = 0.42 + 0.62 * facing
    if hollow_m > 0:
        brightness *= _openness(buffer, view, hollow_m)
    lit = np.clip(rgb * brightness[..., None] + shine[..., None], 0, 1)
    return downsample(np.dstack([lit, buffer.covered.astype(np.float32)]))


def _openness(buffer: Buffer, view: View, hollow_m: float) -> FloatArray:
    """How freely light reaches a pixel: less where the surroundings are nearer."""
    coarse = buffer.depth_m[::OVERSAMPLING, ::OVERSAMPLING]  # it is blurred anyway
    covered = np.isfinite(coarse).astype(np.float32)
    depth = np.where(covered > 0, coarse, 0).astype(np.float32)
    radius_px = 3e-3 * len(depth) / (2 * view.half_height_m)
    weight = np.maximum(gaussian_filter(covered, radius_px), 1e-3)
    around = gaussian_filter(depth, radius_px) / weight
    openness = 1 / (1 + np.clip((around - depth) / hollow_m, 0, 1.5))
    rows, columns = buffer.depth_m.shape
    finer = openness.repeat(OVERSAMPLING, axis=0).repeat(OVERSAMPLING, axis=1)
    return finer[:rows, :columns]


def downsample(rgba: FloatArray) -> FloatArray:
    """Average blocks of pixels, with colours weighted by their cover."""
    rows, columns = rgba.shape[0] // OVERSAMPLING, rgba.shape[1] // OVERSAMPLING
    blocks = rgba[: rows * OVERSAMPLING, : columns * OVERSAMPLING].reshape(
        rows, OVERSAMPLING, columns, OVERSAMPLING, 4
    )
    cover = blocks[..., 3:].mean(axis=(1, 3))
    colour = (blocks[..., :3] * blocks[..., 3:]).mean(axis=(1, 3))
    return np.dstack([colour / np.maximum(cover, 1e-6), cover])


def surface_of(vertices_m: FloatArray, triangles: IntArray) -> Surface:
    """Give a bare triangulation the normals that shading needs; curvature is left at 0.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    Surface
        With area-weighted vertex normals.
    """
    a, b, c = (vertices_m[triangles[:, k]] for k in range(3))
    face = np.repeat(np.cross(b - a, c - a), 3, axis=0)
    normals = np.stack(
        [np.bincount(triangles.ravel(), face[:, k], len(vertices_m)) for k in range(3)], axis=1
    ).astype(float)
    return Surface(vertices_m, triangles, normals, np.zeros(len(vertices_m)))
