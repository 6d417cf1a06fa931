"""Navigators: takes the files of neuronavigation systems; gives coil poses, and back."""

from cortistim.io.navigators.files import (
    FORMATS,
    WRITERS,
    deviation,
    format_for,
    read_all_poses,
    read_one_pose,
    read_pose_file,
    read_subject_poses,
    summary,
    write_pose_file,
)
from cortistim.io.navigators.frames import DeclaredFrame, ImageForms, read_image_forms
from cortistim.io.navigators.record import NavigatedPose, PoseFile

__all__ = [
    "FORMATS",
    "WRITERS",
    "DeclaredFrame",
    "ImageForms",
    "NavigatedPose",
    "PoseFile",
    "deviation",
    "format_for",
    "read_all_poses",
    "read_image_forms",
    "read_one_pose",
    "read_pose_file",
    "read_subject_poses",
    "summary",
    "write_pose_file",
]
