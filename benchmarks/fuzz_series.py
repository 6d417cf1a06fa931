"""Readers of series of volumes and their tables for `fuzz_readers.py`."""

import json

import numpy as np
from fuzz_own import in_folder

from cortistim.study.connectivity.reading import layout_of, read_series
from cortistim.study.connectivity.request import ConnectivityRequest, open_run

SHAPE, FRAMES = (5, 5, 5), 60
AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
SERIES = "sub-1_space-MNI152NLin6Asym_desc-preproc_bold.nii"


def resting_run(folder):
    """Write a series as fMRIPrep leaves it: mask, confounds, sidecar, and a map."""
    import nibabel

    draw = np.random.default_rng(0)
    values = (1000 + draw.normal(size=(*SHAPE, FRAMES))).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), folder / SERIES)
    ones = np.ones(SHAPE, np.uint8)
    mask = folder / SERIES.replace("preproc_bold", "brain_mask").replace(".nii", ".nii.gz")
    nibabel.save(nibabel.Nifti1Image(ones, AFFINE), mask)
    region = np.zeros(SHAPE, np.float32)
    region[:2] = 1
    nibabel.save(nibabel.Nifti1Image(region, AFFINE), folder / "region.nii")
    nibabel.save(nibabel.Nifti1Image(1 - region, AFFINE), folder / "map.nii")
    (folder / SERIES.replace(".nii", ".json")).write_text(json.dumps({"RepetitionTime": 2.0}))
    rows = ["trans_x\tframewise_displacement\tglobal_signal\tnon_steady_state_outlier_00"]
    rows += [f"{draw.normal():.4f}\t{'n/a' if k == 0 else 0.1}\t{draw.normal():.4f}\t0"
             for k in range(FRAMES)]  # fmt: skip
    (folder / "sub-1_desc-confounds_timeseries.tsv").write_text("\n".join(rows) + "\n")


def series_of(folder):
    """Read a run whole."""
    request = ConnectivityRequest(
        bold=folder / SERIES,
        seed=str(folder / "map.nii"),
        search_region=str(folder / "region.nii"),
        band_hz=(0.01, 0.2),
    )
    run = open_run(request)
    return read_series(request, run, layout_of(request, run, None))


SERIES_ROWS = {
    "resting_run": in_folder(
        "resting", resting_run, series_of,
        (SERIES, SERIES.replace("preproc_bold.nii", "brain_mask.nii.gz"), "region.nii",
         "map.nii", SERIES.replace(".nii", ".json"), "sub-1_desc-confounds_timeseries.tsv"),
    ),
}  # fmt: skip
