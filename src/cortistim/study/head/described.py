"""A head and the named targets, described for whoever asks."""

from dataclasses import fields

from cortistim.head import Head, check_mesh
from cortistim.head.space.targets import named_target, target_names
from cortistim.records import numbers
from cortistim.records.head_quality import HeadInfoRecord, NamedTargetRecord
from cortistim.study.head.quality import mesh_quality_record
from cortistim.study.record import head_record
from cortistim.units import mm_from_m


def head_info(head: Head) -> HeadInfoRecord:
    """Return what ``cortistim head info`` tells.

    Parameters
    ----------
    head : Head
        Built in or read.

    Returns
    -------
    HeadInfoRecord
        The head as other records describe it, its mesh's quality and its warnings.
    """
    described = head_record(head)
    return HeadInfoRecord(
        **{one.name: getattr(described, one.name) for one in fields(described)},
        quality=mesh_quality_record(check_mesh(head.mesh)),
        warnings=tuple(head.warnings),
    )


def named_targets() -> tuple[NamedTargetRecord, ...]:
    """Return the targets that have a name, in the order of the table.

    Returns
    -------
    tuple of NamedTargetRecord
        With their sources and how sure they are.
    """
    known = (named_target(name) for name in target_names())
    return tuple(
        NamedTargetRecord(
            name=target.name,
            words=target.words,
            mni_mm=numbers(mm_from_m(target.mni_m), 2),
            source=target.source,
            confidence=target.confidence,
            note=target.note,
        )
        for target in known
    )
