"""Surfaces under the names that FreeSurfer, fMRIPrep and the HCP pipelines give them."""

import gzip

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.io.surface.cortex_folder import missing_surfaces, read_cortical_surfaces
from cortistim.io.surface.names import cortex_files

gifti = pytest.importorskip("nibabel.gifti.gifti")
COLUMNS = {"X": (-1, 0, 0), "Y": (0, 0, -1), "Z": (0, 1, 0), "C": (3, -17, 11)}
PLACE = {  # where FreeSurfer's volume lies, as mris_convert tells it
    f"VolGeom{column}_{axis}": str(value)
    for column, row in COLUMNS.items()
    for axis, value in zip("RAS", row, strict=True)
}
RADII_M = {"white": 0.0685, "smoothwm": 0.0684, "midthickness": 0.07, "pial": 0.0715}


@pytest.fixture
def write(half_brain):
    """Return a function that writes one surface or map of a hemisphere to a path."""

    def make(path, side, what, *, meta=(), count=1500, packed=False):
        points_m, triangles, unit = half_brain(side, RADII_M.get(what, 0.07), count=count)
        rows = 1e3 * points_m if what in RADII_M else 100 * unit
        arrays = [
            gifti.GiftiDataArray(
                rows.astype(np.float32),
                intent="NIFTI_INTENT_POINTSET",
                datatype="NIFTI_TYPE_FLOAT32",
                meta=gifti.GiftiMetaData(dict(meta)),
            ),
            gifti.GiftiDataArray(
                triangles.astype(np.int32),
                intent="NIFTI_INTENT_TRIANGLE",
                datatype="NIFTI_TYPE_INT32",
            ),
        ]
        if what == "thickness":
            values = np.full(len(unit), 3, np.float32)
            arrays = [
                gifti.GiftiDataArray(
                    values, intent="NIFTI_INTENT_SHAPE", datatype="NIFTI_TYPE_FLOAT32"
                )
            ]
        path.parent.mkdir(parents=True, exist_ok=True)
        content = gifti.GiftiImage(darrays=arrays).to_bytes()
        path.write_bytes(gzip.compress(content) if packed else content)

    return make


SIDES = (("left", "L"), ("right", "R"))


def require_ball(surfaces, half_brain):
    for half in surfaces.both:
        white_m, pial_m = (half_brain(half.side, r)[0] for r in (0.0685, 0.0715))
        assert half.ribbon.white_m == pytest.approx(white_m, abs=1e-6)
        assert half.ribbon.pial_m == pytest.approx(pial_m, abs=1e-6)


@pytest.mark.parametrize("place", ["", "anat", "ses-02/anat"])
@pytest.mark.parametrize("prefix", ["sub-01_", "sub-01_ses-02_acq-T1_run-1_", ""])
def test_fmripreps_names_are_found(tmp_path, write, half_brain, place, prefix):
    for side, letter in SIDES:
        for what in ("white", "pial", "midthickness"):
            name = f"{prefix}hemi-{letter}_{what}.surf.gii"
            write(tmp_path / place / name, side, what)
            # the same on fsLR's mesh, warped or not: no surface of its own
            other = f"{prefix}hemi-{letter}_space-fsLR_den-32k_{what}.surf.gii"
            write(tmp_path / place / other, side, what, count=400)
        write(tmp_path / place / f"{prefix}hemi-{letter}_inflated.surf.gii", side, "pial")
        write(
            tmp_path / place / f"{prefix}hemi-{letter}_desc-reg_sphere.surf.gii", side, "ball"
        )
        for space in ("fsLR_desc-reg", "fsLR_desc-msmsulc"):
            name = f"{prefix}hemi-{letter}_space-{space}_sphere.surf.gii"
            write(tmp_path / place / name, side, "ball", count=400)
        write(
            tmp_path / place / f"{prefix}hemi-{letter}_thickness.shape.gii", side, "thickness"
        )
        write(tmp_path / place / f"{prefix}hemi-{letter}_curv.shape.gii", side, "thickness")
    surfaces = read_cortical_surfaces(tmp_path)
    require_ball(surfaces, half_brain)
    assert missing_surfaces(tmp_path) == ()
    assert surfaces.left.registered
    assert surfaces.left.ribbon.thickness_m == pytest.approx(3e-3)
    assert not surfaces.left.maps  # nothing tells its sign


def test_older_fmriprep_has_a_smoothed_white_surface_and_says_so(tmp_path, write):
    for side, letter in SIDES:
        for what in ("smoothwm", "pial"):
            write(tmp_path / f"sub-01_hemi-{letter}_{what}.surf.gii", side, what)
    surfaces = read_cortical_surfaces(tmp_path)
    assert any("slightly smoothed" in note for note in surfaces.notes)


def test_surfaces_of_two_people_or_runs_are_refused(tmp_path, write):
    for subject in ("sub-01", "sub-02"):
        for side, letter in SIDES:
            for what in ("white", "pial"):
                write(tmp_path / f"{subject}_hemi-{letter}_{what}.surf.gii", side, what)
    with pytest.raises(BadInputError, match=r"one person and one run.*sub-01.*sub-02"):
        read_cortical_surfaces(tmp_path)


def hcp(folder, write, mesh, count, registered=""):
    for side, letter in SIDES:
        for what in ("white", "midthickness", "pial"):
            name = f"100307.{letter}.{what}{registered}.{mesh}.surf.gii"
            write(folder / name, side, what, meta=PLACE, count=count)


@pytest.mark.parametrize("given", ["", "T1w", "T1w/Native"])
def test_the_hcps_own_mesh_is_preferred_and_not_shifted_twice(
    tmp_path, write, half_brain, given
):
    """Its pipelines shift the vertices; the volume's place may still be in the metadata."""
    hcp(tmp_path / "T1w/Native", write, "native", 1500)
    hcp(tmp_path / "T1w/fsaverage_LR32k", write, "32k_fs_LR", 400)
    hcp(tmp_path / "MNINonLinear/Native", write, "native", 1500)
    for side, letter in SIDES:
        name = f"100307.{letter}.thickness.native.shape.gii"
        write(tmp_path / "MNINonLinear/Native" / name, side, "thickness")
        name = f"100307.{letter}.sphere.reg.native.surf.gii"
        write(tmp_path / "MNINonLinear/Native" / name, side, "ball")
    surfaces = read_cortical_surfaces(tmp_path / given)
    require_ball(surfaces, half_brain)
    assert any("coordinates of its T1w image" in note for note in surfaces.notes)
    assert surfaces.left.registered is (given == "")
    whole = cortex_files(tmp_path / given, "left").paths
    assert ("thickness" in whole) is (given == "")


@pytest.mark.parametrize("registered", ["", "_MSMAll"])
def test_a_common_mesh_of_the_hcp_is_read(tmp_path, write, registered):
    hcp(tmp_path, write, "32k_fs_LR", 1500, registered)
    assert len(read_cortical_surfaces(tmp_path).left.ribbon.white_m) == 1500


def test_surfaces_in_mni_space_are_refused_with_the_way_out(tmp_path, write):
    hcp(tmp_path / "MNINonLinear/Native", write, "native", 400)
    for folder in (tmp_path, tmp_path / "MNINonLinear/Native"):
        with pytest.raises(BadInputError, match="none of them"):
            read_cortical_surfaces(folder)
    with pytest.raises(BadInputError, match="Give T1w/Native"):
        read_cortical_surfaces(tmp_path / "MNINonLinear/Native")


def test_a_gzipped_surface_is_read_by_its_content(tmp_path, write, half_brain):
    for side, letters in (("left", "lh"), ("right", "rh")):
        write(tmp_path / f"{letters}.pial.surf.gii.gz", side, "pial", packed=True)
        write(tmp_path / f"{letters}.white", side, "white")  # GIFTI without its ending
    require_ball(read_cortical_surfaces(tmp_path), half_brain)


def test_half_a_set_of_one_maker_does_not_hide_the_whole_of_another(tmp_path, write):
    for side, letter in SIDES:
        for what in ("white", "pial"):
            write(tmp_path / f"sub-01_hemi-{letter}_{what}.surf.gii", side, what)
    write(tmp_path / "lh.white.gii", "left", "white")
    assert cortex_files(tmp_path, "left").maker == "fMRIPrep"
    assert missing_surfaces(tmp_path) == ()
