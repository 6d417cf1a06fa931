"""The template: Colin27's T1 image and its tissues in MNI space [holmes1998]_."""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files

import numpy as np

from cortistim import cache
from cortistim.head.tissues import BONE, CSF, EYES, GREY, SCALP, WHITE
from cortistim.image import Volume, grid_points_m
from cortistim.typing import FloatArray, IntArray

DEEP = 102  # grey matter of basal ganglia and thalamus, brighter than the cortex
CLASSES = (WHITE, GREY, CSF, BONE, SCALP, EYES, DEEP)
DEEP_PART, STEM_PART, CEREBELLUM_PART = 1, 2, 3
MARGIN = 8
RIM_BLUR_M = 1.5e-3  # how well the skull is known after registration
FOLD_BLUR_M = 3e-3  # folds differ between people more than skulls do
DEEP_BLUR_M = 2e-3
# under the cerebellum the cistern is wide in the template and narrow in others
HIND_BLUR_M, HIND_WEIGHT, HIND_TOP_M = 8e-3, 2.5, -50e-3
INSIDE = (WHITE, GREY, CSF, DEEP)
VAGUE = 0.1
VAGUE_SHARE = {WHITE: VAGUE / 3, GREY: VAGUE / 3, CSF: VAGUE / 3, DEEP: 0.0}
NEVER = 1e-5
THIN_BONE = 0.5  # the template's bone was cut by a threshold and took dark CSF along


@dataclass(frozen=True, eq=False)
class Template:
    """A labelled T1 image in MNI space.

    Parameters
    ----------
    t1 : Volume
        2 mm.
    labels : Volume
        Tissue tags, 1 mm, with a margin of air.
    parts : (nx, ny, nz) uint8 array
        On the same grid: 1 deep grey matter, 2 brain stem, 3 cerebellum.
    """

    t1: Volume
    labels: Volume
    parts: IntArray

    @cached_property
    def intracranial(self) -> Volume:
        """Probability of white matter, grey matter or CSF."""
        return self._share(np.isin(self.labels.values, (WHITE, GREY, CSF)), RIM_BLUR_M)

    @cached_property
    def bare_brain(self) -> Volume:
        """The T1 image without what lies outside the brain."""
        points_m = grid_points_m(self.t1.shape, self.t1.affine_m)
        kept = self._share(np.isin(self.labels.values, (WHITE, GREY)), RIM_BLUR_M)
        return Volume(self.t1.values * (kept.at(points_m) > 0.5), self.t1.affine_m)

    @cached_property
    def finer_labels(self) -> IntArray:
        """The labels with deep grey matter told apart, stem and cerebellum made whole."""
        out = np.array(self.labels.values, self.parts.dtype)
        out[(self.parts == DEEP_PART) & np.isin(out, (WHITE, GREY))] = DEEP
        out[(self.parts == STEM_PART) & (out == GREY)] = WHITE
        out[(self.parts == CEREBELLUM_PART) & (out == CSF)] = GREY
        return out

    def priors_at(self, points_m: FloatArray) -> FloatArray:
        """Return how likely each of `CLASSES` is at MNI points inside a head.

        Deep grey matter is a class of its own, the brain stem is white, and fissures of the
        cerebellum are grey: too narrow to be seen at a millimetre.

        Parameters
        ----------
        points_m : (..., 3) array [m]
            In MNI space; below the template all is scalp.

        Returns
        -------
        (..., 7) float32 array
            They sum to one.
        """
        labels = self.finer_labels
        rim = self.intracranial.at(points_m)
        folds = self._folds()
        out = np.empty((*points_m.shape[:-1], len(CLASSES)), np.float32)
        for number, tag in enumerate(CLASSES):
            if tag in INSIDE:
                out[..., number] = rim * folds[tag].at(points_m)
            else:
                out[..., number] = self._share(labels == tag, RIM_BLUR_M).at(points_m)
        scalp = CLASSES.index(SCALP)
        out[..., scalp] += np.clip(1 - out.sum(axis=-1), 0, 1)
        out[..., CLASSES.index(BONE)] *= THIN_BONE
        out += NEVER
        out /= out.sum(axis=-1, keepdims=True)
        return out

    def _folds(self) -> dict[int, Volume]:
        """Share of each of `INSIDE` in what lies within the skull."""
        labels = self.finer_labels
        shares = {tag: self._share(labels == tag, FOLD_BLUR_M).values for tag in INSIDE}
        shares[DEEP] = self._share(labels == DEEP, DEEP_BLUR_M).values
        low = self.parts == CEREBELLUM_PART
        low[..., self._height(HIND_TOP_M) :] = False
        hind = HIND_WEIGHT * self._share(low, HIND_BLUR_M).values
        shares[GREY] = shares[GREY] + hind * shares[CSF]
        whole = sum(shares.values()) + VAGUE
        return {
            tag: Volume((share + VAGUE_SHARE[tag]) / whole, self.labels.affine_m)
            for tag, share in shares.items()
        }

    def _height(self, z_m: float) -> int:
        """Slice of the labels at a height in MNI space."""
        return int(np.linalg.solve(self.labels.affine_m, [0, 0, z_m, 1])[2])

    def _share(self, mask: np.ndarray, blur_m: float) -> Volume:
        return Volume(mask.astype(np.float32), self.labels.affine_m).blurred(blur_m)


def load_template() -> Template:
    """Read the template that ships with the package."""
    data = files("cortistim.head") / "data"
    with as_file(data / "colin27_t1.npz") as path:
        image = cache.load(path)
    with as_file(data / "colin27.npz") as path:
        tissues = cache.load(path)
    with as_file(data / "colin27_parts.npz") as path:
        parts = np.pad(cache.load(path)["parts"], MARGIN)
    affine_m = tissues["affine_m"].copy()
    affine_m[:3, 3] -= affine_m[:3, :3] @ np.full(3, MARGIN)
    labels = np.pad(tissues["labels"], MARGIN)
    t1 = image["t1"].astype(np.float32)
    return Template(Volume(t1, image["affine_m"]), Volume(labels, affine_m), parts)
