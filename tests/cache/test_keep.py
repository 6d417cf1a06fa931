"""Does the cache mend itself, and touch only what is its own?"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from cortistim import cache
from cortistim.errors import BadInputError

KEY = cache.digest("thing")


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path / "own"))
    return tmp_path / "own"


def remember(value=1.0):
    return cache.remembered("thing", KEY, lambda: {"a": np.full(50, value)})


def entry(own):
    return next(own.glob("*.npz"))


@pytest.mark.parametrize("damage", ["cut", "flip", "zero tail", "empty"])
def test_a_damaged_entry_is_built_again_with_a_note(own, damage):
    remember()
    data = bytearray(entry(own).read_bytes())
    if damage == "cut":
        data = data[:-30]
    elif damage == "flip":
        data[70] ^= 4
    elif damage == "zero tail":
        data[-200:] = bytes(200)
    else:
        data = b""
    entry(own).write_bytes(data)
    with pytest.warns(cache.RebuiltWarning, match="damaged .* It is built again"):
        assert (remember(2.0)["a"] == 2).all()
    assert (remember(3.0)["a"] == 2).all()


def test_a_complete_cache_serves_though_it_cannot_be_written_to(own, monkeypatch):
    remember()
    for path in own.glob("*.lock"):
        path.unlink()

    def refused(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", refused)  # root may write everywhere
    assert (remember(2.0)["a"] == 1).all()
    entry(own).unlink()
    with pytest.raises(BadInputError, match=r"writable to keep thing-.*CORTISTIM_CACHE"):
        remember()


def test_only_entries_are_listed_and_cleared(own):
    remember()
    np.savez(own / "E0.npz", e=np.zeros(3))
    np.savez(own / f"mine-{KEY}.npz", e=np.zeros(3))  # so named, but not written by the cache
    (own / "other.lock").touch()
    cache.store(own / "operator.npz", {"e": np.zeros(3)})
    assert [name for name, _ in cache.contents()] == [entry_name()]
    assert cache.clear() > 0
    assert cache.contents() == []
    kept = {"E0.npz", f"mine-{KEY}.npz", "other.lock", "operator.npz"}
    assert {path.name for path in own.iterdir()} == kept


def entry_name():
    return f"thing-{KEY}.kept.npz"


def test_what_is_being_built_is_not_cleared(own):
    remember()
    with FileLock(own / f"{entry_name()}.lock"), cache.atomic_path(own / "next.npz") as new:
        assert cache.clear() == 0
        assert new.exists()
    assert len(cache.contents()) == 1


def test_entries_of_older_versions_are_cleared_but_not_read(own):
    own.mkdir()
    np.savez(own / f"thing-{KEY}.npz", a=np.zeros(50))
    (own / f"thing-{KEY}.npz.lock").touch()
    assert (remember(2.0)["a"] == 2).all()
    assert len(cache.contents()) == 2
    cache.clear()
    assert list(own.iterdir()) == []


def without_home(tmp_path, code, **more):
    """Run code with a copy of the package that cannot be written to."""
    import os

    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "PYTHONPATH")}
    environment |= {"CORTISTIM_CACHE": str(tmp_path / "own"), **more}
    source = Path(cache.__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", f"import os, sys; sys.path.insert(0, {str(source)!r})\n{code}"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


UNWRITABLE = "os.access = lambda path, mode: False\n"
PRINT = "import cortistim; print(os.environ.get('NUMBA_CACHE_DIR', ''))"


def test_compiled_code_goes_to_the_cache_where_the_package_cannot_be_written_to(tmp_path):
    done = without_home(tmp_path, UNWRITABLE + PRINT)
    assert done.stdout.strip() == str(tmp_path / "own" / "compiled")
    assert (tmp_path / "own" / "compiled").is_dir()
    chosen = without_home(tmp_path, UNWRITABLE + PRINT, NUMBA_CACHE_DIR="/elsewhere")
    assert chosen.stdout.strip() == "/elsewhere"
    assert without_home(tmp_path, PRINT).stdout.strip() == ""


def test_compiled_code_goes_to_a_temporary_folder_where_the_cache_is_read_only_too(tmp_path):
    (tmp_path / "own").write_text("no folder")
    done = without_home(tmp_path, UNWRITABLE + PRINT)
    assert "cortistim-compiled-" in done.stdout
    assert "CORTISTIM_CACHE" in done.stderr
    assert not Path(done.stdout.strip()).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs setpriv")
def test_a_service_account_without_home_can_compile(tmp_path):
    """The real thing: another user, no HOME, the package not writable."""
    import os
    import shutil

    if not shutil.which("setpriv") or os.getuid() != 0:
        pytest.skip("needs root and setpriv")
    own = tmp_path / "own"
    own.mkdir()
    for folder in (own, *list(own.parents)[:-1]):
        if folder.owner() == "root" and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o055)
    own.chmod(0o777)
    source = Path(cache.__file__).parents[2]
    needed = {source, *source.parents, *Path(sys.prefix).parents}
    if not all(folder.stat().st_mode & 0o001 for folder in needed):
        pytest.skip("another user cannot get to the package")
    code = "import numpy as np; from cortistim.geometry import transform; "
    code += "from cortistim.image import _kernels; print(_kernels.interpolate("
    code += "np.ones((1, 3)), np.ones((3, 3, 3))))"
    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "TMPDIR")}
    environment |= {"CORTISTIM_CACHE": str(own), "PYTHONPATH": str(source)}
    command = ["setpriv", "--reuid", "65534", "--clear-groups", sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[1.]", done.stderr
    assert list((own / "compiled").rglob("*.nbi"))
