"""Readers of cortical surfaces for `fuzz_readers.py`, with small whole files to break."""

import gzip

import numpy as np

from cortistim import io
from cortistim.head import Surface
from cortistim.io.surface.freesurfer import (
    read_annotation,
    read_surface,
    read_talairach_m,
    read_values,
    tk_of_volume_mm,
    write_values,
)
from cortistim.io.surface.gifti_read import read_columns_gifti, read_surface_gifti
from cortistim.io.table.atlas import read_names

CORNERS_MM = 20.0 * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
VOLUME = (
    "valid = 1  # volume info valid\nfilename = T1.mgz\nvolume = 256 256 256\n"
    "voxelsize = 1 1 1\nxras = -1 0 0\nyras = 0 0 -1\nzras = 0 1 0\ncras = 3 -17 11\n"
)
XFM = "Transform_Type = Linear;\nLinear_Transform =\n1 0 0 2\n0 1 0 0\n0 0 1 0;\n"
NAMES = "# regions\n1 Precentral_L 2001\n2\tInsula\n"


def surface_seeds(folder):
    """Write a surface with and without the volume's place."""
    head = b"\xff\xff\xfecreated by a test\n\n" + np.array([4, 4], ">i4").tobytes()
    body = CORNERS_MM.astype(">f4").tobytes() + FACES.astype(">i4").tobytes()
    tags = np.array([2, 0, 20], ">i4").tobytes()
    (folder / "lh.white").write_bytes(head + body + tags + VOLUME.encode())
    (folder / "lh.plain").write_bytes(head + body)
    return [folder / "lh.white", folder / "lh.plain"]


def values_seeds(folder):
    """Write values at four vertices."""
    write_values(folder / "lh.curv", np.arange(4.0), 4)
    return [folder / "lh.curv"]


def annotation_seeds(folder):
    """Write two regions with a table of the old and of the new kind."""

    def numbers(*values):
        return np.array(values, ">i4").tobytes()

    def words(text):
        return numbers(len(text)) + text.encode()

    rows = numbers(4, 0, 10, 1, 10, 2, 20, 3, 20)
    old = numbers(1, 2) + words("t") + words("a") + numbers(10, 0, 0, 0)
    old += words("b") + numbers(20, 0, 0, 0)
    new = numbers(1, -2, 2) + words("t") + numbers(2, 0) + words("a") + numbers(10, 0, 0, 0)
    new += numbers(1) + words("b") + numbers(20, 0, 0, 0)
    for name, table in (("old", old), ("new", new)):
        (folder / f"lh.{name}.annot").write_bytes(rows + table)
    return [folder / "lh.old.annot", folder / "lh.new.annot"]


def gifti_seeds(folder):
    """Write a surface."""
    surface = Surface(1e-3 * CORNERS_MM, FACES, np.ones((4, 3)), np.zeros(4))
    io.write_surface_gifti(folder / "lh.white.gii", surface)
    return [folder / "lh.white.gii"]


def columns_seeds(folder):
    """Write values."""
    io.write_overlay_gifti(folder / "a.func.gii", {"size": np.arange(4.0)})
    return [folder / "a.func.gii"]


def volume_seeds(folder):
    """Write a small volume as FreeSurfer does, packed and not."""
    from nibabel.freesurfer.mghformat import MGHImage

    path = folder / "orig.mgh"
    MGHImage(np.zeros((4, 4, 4), np.uint8), np.diag([2.0, 2, 2, 1])).to_filename(path)
    (folder / "orig.mgz").write_bytes(gzip.compress(path.read_bytes()))
    return [path, folder / "orig.mgz"]


def text_seeds(name, content):
    """Return a function that writes a text."""

    def seeds(folder):
        (folder / name).write_text(content)
        return [folder / name]

    return seeds


SURFACES = {
    "freesurfer_surface": (".white", read_surface, surface_seeds),
    "freesurfer_values": (".curv", read_values, values_seeds),
    "freesurfer_annotation": (".annot", read_annotation, annotation_seeds),
    "freesurfer_volume": (".mgz", tk_of_volume_mm, volume_seeds),
    "talairach": (".xfm", read_talairach_m, text_seeds("talairach.xfm", XFM)),
    "surface_gifti": (".gii", read_surface_gifti, gifti_seeds),
    "columns_gifti": (".gii", read_columns_gifti, columns_seeds),
    "region_names": (".txt", read_names, text_seeds("names.txt", NAMES)),
}
