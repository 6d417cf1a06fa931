"""Conductivity tensors from diffusion: takes tensors on voxels, gives one per tetrahedron.

Water and ions are hindered by the same membranes, so that the conductivity tensor is taken to
share the directions of the diffusion tensor (Tuch 2001). Three mappings of its size are in use;
with D the diffusion tensor and sigma the tissue's isotropic conductivity:

    vn   sigma D / det(D)^(1/3)            keeps the geometric mean (Güllmar 2010)
    dir  s D, one s for the whole brain    s fitted to the tissues' sigma (Rullmann 2009)
    mc   s trace(D) / 3, isotropic         the mean of the direct mapping (Opitz 2011)

Ratios of the eigenvalues are limited to ten, and the conductivities of ``dir`` and ``mc`` to
2 S/m, as noise in a diffusion image reaches further than tissue does.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.ndimage import map_coordinates

from cortistim.errors import BadInputError, quoted
from cortistim.geometry import freeze
from cortistim.head.mesh import TetMesh
from cortistim.typing import FloatArray, IntArray

Mapped = Literal["vn", "dir", "mc"]
BRAIN_TAGS = (1, 2)
LARGEST_RATIO = 10.0
LARGEST_SIEMENS_PER_M = 2.0
# More tetrahedra than this share with a tensor that is no diffusion: the image is wrong.
SPOILT_SHARE = 0.1
SOURCES = ("tuch2001", "gullmar2010", "rullmann2009", "opitz2011")


@dataclass(frozen=True, eq=False)
class TensorImage:
    """Diffusion tensors on a grid.

    Parameters
    ----------
    tensors : (nx, ny, nz, 3, 3) array
        In the axes of the subject's frame; any unit; zero where nothing was measured.
    affine_m : (4, 4) array
        Voxel index to metres.
    name : str
        Where they are from.
    """

    tensors: FloatArray
    affine_m: FloatArray
    name: str


@dataclass(frozen=True, eq=False)
class Anisotropy:
    """How the conductivity of each tetrahedron differs from its tissue's.

    Parameters
    ----------
    relative : (n_tet, 3, 3) array
        Tensors by which the tissue's conductivity is multiplied; symmetric and positive.
    tags : tuple of int
        The tissues that are not uniform.
    mapping : str
        ``vn``, ``dir`` or ``mc``.
    origin : str
        Where the tensors are from.
    warnings : tuple of str
        What a reader should know.
    """

    relative: FloatArray
    tags: tuple[int, ...]
    mapping: str
    origin: str
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse tensors that conduct nothing or not the same way to and fro."""
        freeze(self, "relative", dtype=np.float64)
        require_conducting(self.relative)


def require_conducting(tensors: FloatArray) -> None:
    """Refuse conductivity tensors that are not symmetric and positive.

    Parameters
    ----------
    tensors : (n, 3, 3) array
        Any unit.

    Raises
    ------
    BadInputError
        With the number of the first bad tensor and what is wrong with it.
    """
    if tensors.ndim != 3 or tensors.shape[1:] != (3, 3):
        msg = f"conductivity tensors must have the shape (n, 3, 3); got {tensors.shape}."
        raise BadInputError(msg)
    size = np.abs(tensors).max(axis=(1, 2))
    skew = np.abs(tensors - tensors.transpose(0, 2, 1)).max(axis=(1, 2))
    broken = {
        "finite": ~np.isfinite(size),
        "symmetric": skew > 1e-6 * size,
    }
    if not broken["finite"].any():
        broken["positive"] = np.linalg.eigvalsh(tensors)[:, 0] <= 0
    for word, bad in broken.items():
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            msg = (
                f"conductivity tensors must be {word}; {int(bad.sum())} of {len(tensors)} are "
                f"not, the first is number {first}. Check the tensor image."
            )
            raise BadInputError(msg)


def anisotropy_from(
    image: TensorImage,
    mesh: TetMesh,
    sigma_siemens_per_m: FloatArray,
    *,
    mapping: Mapped = "vn",
    tags: tuple[int, ...] = BRAIN_TAGS,
) -> Anisotropy:
    """Give each tetrahedron of the brain a conductivity tensor.

    Parameters
    ----------
    image : TensorImage
        In the frame of the mesh.
    mesh : TetMesh
        With tissue tags.
    sigma_siemens_per_m : (n_tet,) array [S/m]
        Isotropic conductivities.
    mapping : {"vn", "dir", "mc"}, optional
        As described at the top of this module.
    tags : tuple of int, optional
        The tissues that take part: by default white and grey matter.

    Returns
    -------
    Anisotropy
        With ones where the image has nothing.

    Raises
    ------
    BadInputError
        When the mapping is unknown, the image does not cover the brain, or too many of its
        tensors are no diffusion.
    """
    if mapping not in get_args(Mapped):
        msg = (
            f"the mapping must be one of {', '.join(get_args(Mapped))}; got {quoted(mapping)}."
        )
        raise BadInputError(msg)
    tets = np.flatnonzero(np.isin(mesh.tags, tags))
    if not len(tets):
        msg = f"anisotropy is for tissues {tags}; the mesh has {mesh.present_tags()}."
        raise BadInputError(msg)
    values, axes = np.linalg.eigh(_sampled(image, mesh.centroids_m[tets]))
    measured = values[:, 2] > 0
    if measured.mean() < 0.5:
        msg = (
            f"{image.name}: tensors must cover the brain; {100 * measured.mean():.0f} % of its "
            "tetrahedra have one. Register the image to the T1."
        )
        raise BadInputError(msg)
    tets, axes, values = tets[measured], axes[measured], values[measured]
    warnings = _judged(image.name, values, float(measured.mean()))
    values = np.maximum(values, values[:, 2:] / LARGEST_RATIO)
    sigma = sigma_siemens_per_m[tets]
    factors = _factors(values, sigma, mesh.tags[tets], mapping)
    relative = np.tile(np.eye(3), (len(mesh.tets), 1, 1))
    relative[tets] = np.einsum("tik,tk,tjk->tij", axes, factors, axes)
    return Anisotropy(relative, tuple(tags), mapping, image.name, warnings)


def _sampled(image: TensorImage, points_m: FloatArray) -> FloatArray:
    """Interpolate tensors at points, (n, 3, 3); zero off the image."""
    inverse = np.linalg.inv(image.affine_m)
    index = (points_m @ inverse[:3, :3].T + inverse[:3, 3]).T
    tensors = np.zeros((points_m.shape[0], 3, 3))
    for i in range(3):
        for j in range(i + 1):
            part = map_coordinates(image.tensors[..., i, j], index, order=1, cval=0.0)
            tensors[:, i, j] = tensors[:, j, i] = part
    return tensors


def _judged(name: str, values: FloatArray, covered: float) -> tuple[str, ...]:
    """Warn of, or refuse, tensors with eigenvalues that no diffusion has."""
    spoilt = float((values[:, 0] <= 0).mean())
    if spoilt > SPOILT_SHARE:
        msg = (
            f"{name}: diffusion tensors must be positive; {100 * spoilt:.0f} % of those in the "
            "brain are not. Refit them, or check the order of the six volumes."
        )
        raise BadInputError(msg)
    words = []
    if spoilt:
        words.append(
            f"{100 * spoilt:.2g} % of the brain's diffusion tensors are not positive; their "
            f"smallest eigenvalue was raised to a {LARGEST_RATIO:g}th of the largest"
        )
    if covered < 0.98:
        words.append(
            f"{100 * (1 - covered):.0f} % of the brain has no diffusion tensor and is isotropic"
        )
    return tuple(words)


def _factors(
    values: FloatArray, sigma: FloatArray, tags: IntArray, mapping: Mapped
) -> FloatArray:
    """Eigenvalues of the relative conductivity, (n, 3)."""
    geometric = values.prod(axis=1) ** (1 / 3)
    if mapping == "vn":
        return values / geometric[:, None]
    direct = _scale(geometric, sigma, tags) * values
    if mapping == "mc":
        direct = np.repeat(direct.mean(axis=1, keepdims=True), 3, axis=1)
    return np.minimum(direct, LARGEST_SIEMENS_PER_M) / sigma[:, None]


def _scale(geometric: FloatArray, sigma: FloatArray, tags: IntArray) -> float:
    """Siemens per metre and unit of diffusion, by least squares over the tissues."""
    size = {t: geometric[tags == t].mean() for t in np.unique(tags)}
    wanted = {t: sigma[tags == t][0] for t in size}
    return sum(size[t] * wanted[t] for t in size) / sum(d**2 for d in size.values())
