"""Does what we write tell where the user's files lie?"""

import numpy as np

from cortistim.io import read_head
from cortistim.records import json_text
from cortistim.study.record import head_record


def test_a_heads_record_names_its_files_but_not_their_folders(
    ball_file, freesurfer_folder, tmp_path
):
    import nibabel as nib

    from cortistim.io.image.tensors import read_tensor_nifti

    tensors = np.zeros((9, 9, 9, 6), np.float32)
    tensors[..., [0, 3, 5]] = (1.5e-3, 0.5e-3, 0.5e-3)
    affine = np.diag([25.0, 25, 25, 1])
    affine[:3, 3] = -100
    nib.save(nib.Nifti1Image(tensors, affine), tmp_path / "dti.nii.gz")
    head = read_head(ball_file, surfaces=freesurfer_folder)
    head = head.with_tensors(read_tensor_nifti(tmp_path / "dti.nii.gz"))
    record = head_record(head)
    text = json_text(record)
    assert record.origin == "ball.msh"
    assert record.mesh_digest == head.mesh.digest
    assert record.cortex.origin == "surfaces of subject"
    assert record.anisotropy.tensors == "dti.nii.gz"
    for folder in (ball_file.parent, tmp_path):
        assert str(folder) not in text
