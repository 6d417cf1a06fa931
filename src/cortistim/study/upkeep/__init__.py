"""The installation itself: whether it computes what it should, and what is missing."""

from cortistim.study.upkeep.doctor import run_doctor

__all__ = ["run_doctor"]
