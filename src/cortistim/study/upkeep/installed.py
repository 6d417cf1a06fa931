"""What is installed: versions, optional libraries, threads."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version

from cortistim.records.doctor import MissingPart, ThreadsRecord

FOR_DEVELOPERS = ("test", "dev", "docs")
LIMITS = (
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "CORTISTIM_CACHE",
    "NUMBA_CACHE_DIR",
)
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)[^;>]*(?:>=(?P<least>[0-9.]+))?[^;]*"
    r"(?:;.*extra == ['\"](?P<extra>[^'\"]+)['\"])?"
)


def requirements() -> tuple[tuple[str, str, str], ...]:
    """List what the package says it needs.

    Returns
    -------
    tuple of (name, least version, extra)
        The last two are empty where there is none.
    """
    found = []
    for line in requires("cortistim") or ():
        hit = _REQUIREMENT.match(line)
        if hit:
            found.append((hit["name"], hit["least"] or "", hit["extra"] or ""))
    return tuple(found)


def installed(name: str) -> str | None:
    """Find the version of a library.

    Parameters
    ----------
    name : str
        As the package index knows it.

    Returns
    -------
    str or None
        None where it is not installed.
    """
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def missing_extras() -> tuple[MissingPart, ...]:
    """List optional libraries that are not there.

    Returns
    -------
    tuple of MissingPart
        Without those for developers.
    """
    return tuple(
        MissingPart(name=name, extra=extra, get=f"pip install 'cortistim[{extra}]'")
        for name, _, extra in requirements()
        if extra and extra not in FOR_DEVELOPERS and installed(name) is None
    )


def unmet() -> tuple[str, ...]:
    """List required libraries that are missing or too old.

    Returns
    -------
    tuple of str
        In words, empty where all is well.
    """
    said = []
    for name, least, extra in requirements():
        if extra:
            continue
        found = installed(name)
        if found is None:
            said.append(f"{name} is not installed")
        elif least and _numbers(found) < _numbers(least):
            said.append(f"{name} is {found}, below {least}")
    return tuple(said)


def _numbers(text: str) -> tuple[int, ...]:
    release = re.match(r"\d+(\.\d+)*", text)
    numbers = [int(part) for part in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def versions() -> dict[str, str]:
    """Return versions of cortistim and everything it requires.

    Returns
    -------
    dict of str to str
        Also of Python and the platform; libraries that are missing are left out.
    """
    names = ("cortistim", *(name for name, _, extra in requirements() if not extra))
    found = {name: installed(name) for name in names}
    return {
        **{name: text for name, text in found.items() if text},
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def threads() -> ThreadsRecord:
    """Say how many may work at once.

    Returns
    -------
    ThreadsRecord
        With the variables that say so.
    """
    try:
        import numba

        compiled: int | None = numba.get_num_threads()
    except ImportError:
        compiled = None
    usable = getattr(os, "sched_getaffinity", None)
    return ThreadsRecord(
        processors=len(usable(0)) if usable else os.cpu_count() or 1,
        compiled=compiled,
        settings={name: os.environ[name] for name in LIMITS if name in os.environ},
    )
