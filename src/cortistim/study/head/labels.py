"""Tissue tags from label images of others: one image, or a brain and what lies around it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.head.tissues import BONES, GREY, SCALP
from cortistim.io.image.head_image import orientation_notes, read_label_image
from cortistim.io.table.label_table import tissue_table, translated
from cortistim.typing import FloatArray, IntArray

FOLDERS = {Path("mri/aseg.mgz"): "freesurfer", Path("final_tissues.nii.gz"): "simnibs"}
LAYERS = {"grey matter": (GREY,), "bone": BONES, "scalp": (SCALP,)}


@dataclass(frozen=True, slots=True)
class LabelSource:
    """Where tissue tags come from.

    Parameters
    ----------
    labels : Path
        A label image; or the folder of a FreeSurfer subject, whose ``mri/aseg.mgz`` is then
        meant, or of charm, whose ``final_tissues.nii.gz`` is.
    table : str
        What its numbers mean; see `cortistim.io.table.label_table.tissue_table`.
    around : Path, optional
        A second label image, used where the first one has nothing.
    around_table : str, optional
        What its numbers mean.
    """

    labels: Path
    table: str = "simnibs"
    around: Path | None = None
    around_table: str = "simnibs"

    @property
    def image(self) -> Path:
        """The label image's own path.

        Raises
        ------
        BadInputError
            When a folder holds no label image that is known.
        """
        if not self.labels.is_dir():
            return self.labels
        for name in FOLDERS:
            if (self.labels / name).is_file():
                return self.labels / name
        msg = (
            f"a folder of labels must hold {' or '.join(map(str, FOLDERS))}; {self.labels} "
            "has neither. Name the label image."
        )
        raise BadInputError(msg)

    def read(self) -> tuple[IntArray, FloatArray, tuple[str, ...]]:
        """Read the tissue tags.

        Returns
        -------
        tags : (nx, ny, nz) uint8 array
            On the grid of the first image.
        affine_m : (4, 4) array [m]
            Voxel index to world space.
        notes : tuple of str
            What was done, and which tissues are missing.

        Raises
        ------
        BadInputError
            When an image or a table does not fit, or the images do not overlap.
        """
        image = self.image
        table = FOLDERS[image.relative_to(self.labels)] if self.labels.is_dir() else self.table
        stored, affine_m = read_label_image(image)
        tags = translated(stored, tissue_table(table, np.unique(stored).tolist()))
        notes = list(orientation_notes(image))
        if self.around is not None:
            tags, note = self._filled(tags, affine_m, self.around)
            told = (f"{self.around.name}: {text}" for text in orientation_notes(self.around))
            notes += [note, *told]
        present = set(np.unique(tags).tolist())
        missing = [word for word, known in LAYERS.items() if not present & set(known)]
        if missing:
            notes.append(_lacking(missing))
        return tags, affine_m, tuple(notes)

    def _filled(
        self, tags: IntArray, affine_m: FloatArray, around: Path
    ) -> tuple[IntArray, str]:
        """Fill air with the second image's tissues, at the nearest voxel."""
        stored, other_m = read_label_image(around)
        table = tissue_table(self.around_table, np.unique(stored).tolist())
        more = translated(stored, table)
        air = np.argwhere(tags == 0)
        index = np.rint(transform(np.linalg.inv(other_m) @ affine_m, air.astype(float))).astype(
            int
        )
        within = ((index >= 0) & (index < more.shape)).all(axis=1)
        out = tags.copy()
        out[tuple(air[within].T)] = more[tuple(index[within].T)]
        added = int((out > 0).sum() - (tags > 0).sum())
        if not added:
            msg = (
                f"{around}: the second label image must hold tissue where {self.image.name} "
                "has none; it adds nothing. Check that both lie in the same space."
            )
            raise BadInputError(msg)
        return out, f"{added} voxels outside {self.image.name} are those of {around.name}."


def _lacking(missing: list[str]) -> str:
    note = f"the labels have no {', no '.join(missing)}."
    if "grey matter" in missing:
        return note
    return (
        f"{note} FreeSurfer's aseg holds only the brain; fields of a coil need the layers "
        "around it. Add them from a second label image."
    )
