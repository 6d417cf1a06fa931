"""What ``cortistim operator`` says of what it built and evaluated."""

from dataclasses import dataclass

from cortistim.records.coil import CoilRecord
from cortistim.records.provenance import NOTICE, SourceRecord


@dataclass(frozen=True, kw_only=True)
class OperatorBuildRecord:
    """An operator that was built.

    Parameters
    ----------
    notice : str
        What its fields are not.
    operator : str
        The file.
    bytes : int
        Its size.
    head : str
        Name of the head.
    nodes : int
        Of its mesh.
    coils : tuple of str
        Whose poses the members combine.
    points, rank, seed : int
        Points, members, and the seed of the poses.
    tolerance : float
        On the relative residual of the solves.
    recovery : str
        How the gradient of the potential is read in linear elements.
    order : int
        Highest order of the elements around the points.
    key : str
        Of the solves in the cache.
    warnings : tuple of str
        What a reader must know.
    versions : mapping of str to str
        By library.
    seconds : mapping of str to float
        Time taken by each part.
    """

    notice: str = NOTICE
    operator: str
    bytes: int
    head: str
    nodes: int
    coils: tuple[str, ...]
    points: int
    rank: int
    seed: int
    tolerance: float
    recovery: str
    order: int
    key: str
    warnings: tuple[str, ...]
    versions: dict[str, str]
    seconds: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class OperatorFieldsRecord:
    """Fields of a coil at poses, by an operator.

    Parameters
    ----------
    notice : str
        What the fields are not.
    head : str
        Name of the operator's head.
    order : int
        Highest order of the elements around the points.
    coil : CoilRecord
        Whose field it is.
    didt_a_per_us : float
        Rate of its current.
    poses, points : int
        How many.
    missed_share : tuple of float
        By pose: share of the coil's vector potential that the operator misses.
    missed_limit : float
        Above it, a pose is poorly represented.
    warnings : tuple of str
        What a reader must know.
    versions : mapping of str to str
        By library.
    sources : tuple of SourceRecord
        What the fields rest on.
    fields : str
        The file.
    seconds : mapping of str to float
        Time taken by each part.
    """

    notice: str = NOTICE
    head: str
    order: int
    coil: CoilRecord
    didt_a_per_us: float
    poses: int
    points: int
    missed_share: tuple[float, ...]
    missed_limit: float
    warnings: tuple[str, ...]
    versions: dict[str, str]
    sources: tuple[SourceRecord, ...]
    fields: str
    seconds: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class OperatorExtendRecord:
    """An operator that got more members.

    Parameters
    ----------
    notice : str
        What its fields are not.
    operator : str
        The new file.
    bytes : int
        Its size.
    head : str
        Name of the head.
    coil : CoilRecord
        Whose poses were added.
    rank_before, rank : int
        Members before and now.
    missed_share_before, missed_share_after : tuple of float
        By pose: share of the coil's vector potential that is missed.
    versions : mapping of str to str
        By library.
    """

    notice: str = NOTICE
    operator: str
    bytes: int
    head: str
    coil: CoilRecord
    rank_before: int
    rank: int
    missed_share_before: tuple[float, ...]
    missed_share_after: tuple[float, ...]
    versions: dict[str, str]
