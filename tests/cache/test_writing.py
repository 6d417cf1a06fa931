"""Is a file written whole or not at all, and is nothing left behind or swept too early?"""

import errno
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from cortistim import cache
from cortistim.errors import BadInputError

WRITER = """
import sys, time
from pathlib import Path
from cortistim import cache
with cache.{how}(Path(sys.argv[1])) as temporary:
    place = temporary / "a.txt" if temporary.is_dir() else temporary
    place.write_text("new")
    print("writing", flush=True)
    time.sleep(60)
"""


def writer(target, how="atomic_path"):
    command = [sys.executable, "-c", WRITER.format(how=how), str(target)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "writing\n"
    return running


@pytest.mark.parametrize("how", ["atomic_path", "whole_folder"])
def test_what_a_killed_process_left_is_swept_but_not_what_a_living_one_writes(tmp_path, how):
    killed, living = (writer(tmp_path / name, how) for name in ("one", "two"))
    assert len(list(tmp_path.glob(".writing-*"))) == 2
    killed.kill()
    killed.communicate()
    assert cache.sweep(tmp_path) == 1
    assert len(list(tmp_path.glob(".writing-*"))) == 1
    living.kill()
    living.communicate()
    with cache.atomic_path(tmp_path / "three") as temporary:
        temporary.write_text("3")
    assert [path.name for path in tmp_path.iterdir()] == ["three"]


def test_files_that_only_look_like_ours_are_left_alone(tmp_path):
    names = (".writing-", ".writing-down-my-thoughts.txt", ".writing-UPPERCAS")
    for name in names:
        (tmp_path / name).touch()
    assert cache.sweep(tmp_path) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def limited(size):
    return resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def small_disk():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limited(10_000)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_told_with_its_place_and_keeps_the_old_file(tmp_path):
    target = tmp_path / "result.bin"
    target.write_bytes(b"old")
    message = rf"{target}: .* disk is full or a limit"
    with pytest.raises(BadInputError, match=message), cache.atomic_path(target) as temporary:
        temporary.write_bytes(bytes(20_000))
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_in_a_folder_is_told_by_the_users_name(tmp_path):
    from cortistim.io.text import write_bytes

    out = tmp_path / "out"
    with pytest.raises(BadInputError, match=f"^{out}: "), cache.whole_folder(out) as place:
        write_bytes(place / "big.bin", bytes(20_000))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("small_disk")
def test_files_that_belong_together_appear_together_or_not_at_all(tmp_path):
    from cortistim.io.text import write_together

    (tmp_path / "coil.ccd").write_bytes(b"old")
    contents = {tmp_path / "coil.ccd": b"new", tmp_path / "coil.stl": bytes(20_000)}
    with pytest.raises(BadInputError, match="full"):
        write_together(contents)
    assert (tmp_path / "coil.ccd").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["coil.ccd"]


def test_a_file_reaches_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    import os

    done = []
    monkeypatch.setattr(os, "fsync", lambda _: done.append(target.exists()))
    target = tmp_path / "a"
    with cache.atomic_path(target) as temporary:
        temporary.write_text("a")
    assert done == [False, True]


@pytest.mark.parametrize("inner", ["out.npz", "deep/er/out.npz"])
def test_a_place_that_takes_no_files_is_told(tmp_path, monkeypatch, inner):
    import tempfile

    cache.require_writable(tmp_path / inner)
    assert list(tmp_path.iterdir()) == []

    def refused(**_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkstemp", refused)
    with pytest.raises(BadInputError, match="Read-only file system"):
        cache.require_writable(tmp_path / inner)


def test_a_place_below_a_file_is_told(tmp_path):
    (tmp_path / "file").touch()
    cache.require_writable(tmp_path / "file")
    with pytest.raises(BadInputError, match="takes no files"):
        cache.require_writable(tmp_path / "file" / "out")


def test_an_input_is_known_under_every_name(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(BadInputError, match="must not be what is read"):
        cache.require_apart(tmp_path / "link", [tmp_path / "a"])
    cache.require_apart(tmp_path / "b", [tmp_path / "a", tmp_path / "b"])


def test_a_file_is_not_swept_before_its_maker_has_locked_it(tmp_path):
    being_made, left = tmp_path / ".making-abcd1234", tmp_path / ".making-abcd1235.npz"
    for path in (being_made, left):
        path.touch()
    an_hour_ago = time.time() - 3600
    os.utime(left, (an_hour_ago, an_hour_ago))
    assert cache.sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [being_made]


def test_two_writers_at_once_do_not_sweep_each_other(tmp_path):
    """Many short writers beside a sweeper: none may lose its file."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom cortistim import cache\n"
        "for k in range(60):\n"
        "    with cache.atomic_path(Path(sys.argv[1])) as t:\n        t.write_text('x')\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a")]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    while any(one.poll() is None for one in running):
        cache.sweep(tmp_path)
        time.sleep(0)
    assert [one.communicate()[1] for one in running] == ["", ""]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
