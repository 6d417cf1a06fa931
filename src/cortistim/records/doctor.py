"""What a check of the installation found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """One question with a known answer.

    Parameters
    ----------
    name : str
        What was asked, such as ``sphere_field``.
    ok : bool
        Whether the answer is the known one.
    value : float or str or None
        What came out; None where nothing did.
    expected : float or str
        The known answer.
    within : float
        Allowed relative deviation; 0 where words are compared.
    seconds : float
        What it took.
    words : str
        The question, with its unit, and what went wrong.
    """

    name: str
    ok: bool
    value: float | str | None
    expected: float | str
    within: float
    seconds: float
    words: str


@dataclass(frozen=True, kw_only=True)
class MissingPart:
    """Something optional that is not installed.

    Parameters
    ----------
    name : str
        The library.
    extra : str
        The extra of cortistim that brings it.
    get : str
        The command that installs it.
    """

    name: str
    extra: str
    get: str


@dataclass(frozen=True, kw_only=True)
class ThreadsRecord:
    """How many may work at once.

    Parameters
    ----------
    processors : int
        Of the machine, as this process may use them.
    compiled : int or None
        Threads of compiled loops; None where numba does not load.
    settings : dict of str to str
        Variables of the environment that limit them.
    """

    processors: int
    compiled: int | None
    settings: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class DoctorRecord:
    """Whether an installation computes what it should.

    Parameters
    ----------
    ok : bool
        Whether all checks are; missing extras do not matter.
    checks : tuple of HealthCheck
        In the order in which they ran.
    missing : tuple of MissingPart
        Optional libraries that are not there, and how to get them.
    versions : dict of str to str
        Of cortistim, its libraries, Python and the platform.
    threads : ThreadsRecord
        How many may work at once.
    cache : str
        Folder of what is kept between runs.
    cache_bytes : int
        What it holds.
    """

    ok: bool
    checks: tuple[HealthCheck, ...]
    missing: tuple[MissingPart, ...]
    versions: dict[str, str]
    threads: ThreadsRecord
    cache: str
    cache_bytes: int
