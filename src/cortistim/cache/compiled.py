"""Where compiled code is kept when it cannot lie beside its source."""

import atexit
import os
import shutil
import tempfile
import warnings
from pathlib import Path

from cortistim.cache.keep import folder

VARIABLE = "NUMBA_CACHE_DIR"
NAME = "compiled"


class CompiledAnewWarning(UserWarning):
    """Compiled code can be kept nowhere, so that every run compiles."""


def keep_compiled_code() -> None:
    """Point numba to a folder that can be written to; before numba is loaded.

    Numba keeps code beside its source or in the user's home, and fails when neither can be
    written to, as in containers and service accounts. Its folder is then ``compiled`` in the
    cache; when that cannot be written to, either, a temporary folder serves for this run.

    Warns
    -----
    CompiledAnewWarning
        When the cache cannot be written to.
    """
    if os.environ.get(VARIABLE):
        return
    place = folder() / NAME
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError:
        place = _for_this_run(place)
    os.environ[VARIABLE] = str(place)


def _for_this_run(kept: Path) -> Path:
    place = Path(tempfile.mkdtemp(prefix="cortistim-compiled-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    if kept.is_dir():  # a cache that is only read may bring it along
        shutil.copytree(kept, place, dirs_exist_ok=True)
        return place
    msg = (
        f"compiled code must be kept somewhere, but {kept.parent} cannot be written to; this "
        "run compiles it anew, which takes a minute. Set CORTISTIM_CACHE to a writable folder."
    )
    warnings.warn(msg, CompiledAnewWarning, stacklevel=3)
    return place
