"""Where files are written whole, and where this package keeps what it built.

========= ==========================================================================
module    what it holds
========= ==========================================================================
writing   one file at a time: beside its place first, moved there when it is complete
folders   the files of a run, moved into their folder as one
archive   .npz files of plain arrays that tell when they are damaged
keep      the cache: entries named by the hash of what they were built from
========= ==========================================================================
"""

from cortistim.cache.archive import GrowingArchive, growing, load, load_own, store
from cortistim.cache.folders import finish, whole_folder
from cortistim.cache.keep import RebuiltWarning, clear, contents, digest, folder, remembered
from cortistim.cache.writing import (
    Arrays,
    abandon,
    atomic_path,
    is_full,
    require_apart,
    require_writable,
    room_at,
    settling,
    sweep,
    synced,
    unfinished,
)

__all__ = [
    "Arrays",
    "GrowingArchive",
    "RebuiltWarning",
    "abandon",
    "atomic_path",
    "clear",
    "contents",
    "digest",
    "finish",
    "folder",
    "growing",
    "is_full",
    "load",
    "load_own",
    "remembered",
    "require_apart",
    "require_writable",
    "room_at",
    "settling",
    "store",
    "sweep",
    "synced",
    "unfinished",
    "whole_folder",
]
