"""Navigators: takes the files of neuronavigation systems; gives coil poses, and back."""

from cortistim.deprecation import renamed
from cortistim.io.navigators.files import (
    FORMATS,
    WRITERS,
    format_for,
    pose_counts,
    read_all_poses,
    read_one_pose,
    read_pose_file,
    read_subject_poses,
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
    "format_for",
    "pose_counts",
    "read_all_poses",
    "read_image_forms",
    "read_one_pose",
    "read_pose_file",
    "read_subject_poses",
    "write_pose_file",
]

__getattr__ = renamed(__name__, {"deviation": "cortistim.placement:deviation"}, until="0.4")
