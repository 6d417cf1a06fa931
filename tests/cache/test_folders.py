"""Can a folder of results hold files of two runs without saying so?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cortistim import cache
from cortistim.cache.folders import NOTICE_NAME
from cortistim.errors import BadInputError

NAMES = ("a.csv", "deep/b.txt", "field.json", "z.csv")


def run_into(folder, words):
    with cache.whole_folder(folder) as place:
        for name in NAMES:
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(words)


def content(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def whole(words):
    return dict.fromkeys(NAMES, words)


def test_files_of_the_same_name_are_replaced_and_others_kept(tmp_path):
    out = tmp_path / "out"
    run_into(out, "old")
    (out / "mine.txt").write_text("mine")
    run_into(out, "new")
    assert content(out) == {**whole("new"), "mine.txt": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert not list(out.glob(".*"))


def test_a_failed_run_leaves_the_old_files(tmp_path):
    out = tmp_path / "out"
    run_into(out, "old")
    with pytest.raises(FileNotFoundError), cache.whole_folder(out) as place:
        (place / "a.csv").write_text("new") and (place / "nowhere" / "b.csv").write_text("new")
    assert content(out) == whole("old")


def test_a_folder_appears_whole_and_readable_as_the_users_umask_says(tmp_path):
    run_into(tmp_path / "deep" / "out", "new")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "deep" / "out").stat().st_mode & 0o777 == 0o777 & ~mask


RUN = """
import os, signal, sys
from pathlib import Path
out, count = Path(sys.argv[1]), int(sys.argv[2])
from cortistim import cache
replace, unlink, rename = Path.replace, Path.unlink, Path.rename
done = 0
def counted(act):
    def acting(self, *args, **more):
        global done
        if done == count:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1
        return act(self, *args, **more)
    return acting
Path.replace, Path.unlink, Path.rename = map(counted, (replace, unlink, rename))
with cache.whole_folder(out) as place:
    for name in ("a.csv", "deep/b.txt", "field.json", "z.csv"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text("new")
print("ended")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", range(12))
def test_a_run_killed_between_two_moves_is_told_and_finished_by_the_next(tmp_path, moment):
    out = tmp_path / "out"
    run_into(out, "old")
    command = [sys.executable, "-c", RUN, str(out), str(moment)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = {name: text for name, text in content(out).items() if not name.startswith(".")}
    told = found.pop(NOTICE_NAME, "")
    if not told:
        assert found in (whole("old"), whole("new"))
    else:
        assert "cut off" in told
        assert found.get("field.json") != "old" or found == whole("old")
    if ended:
        assert content(out) == whole("new")
    with pytest.raises(KeyError), cache.whole_folder(out) as place:
        raise KeyError(place)  # the next run fails, but what was finished before is moved
    assert content(out) in (whole("old"), whole("new"))
    if told:
        assert content(out) == whole("new")
    # what was not yet locked is swept when it is a minute old
    assert not [path for path in out.glob(".*") if not path.name.startswith(".making-")]


def test_a_folder_that_has_nothing_writable_beside_it_is_written_to(tmp_path):
    """As a mount in a container: its parent is another file system."""
    out = tmp_path / "out"
    run_into(out, "old")
    made = []
    with cache.whole_folder(out) as place:
        made.append(place.parent)
        (place / "a.csv").write_text("new")
    assert made == [out]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").touch()
    with (
        pytest.raises(BadInputError, match="must be a folder"),
        cache.whole_folder(tmp_path / "out"),
    ):
        pass


def test_the_working_folder_can_be_written_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_into(Path(), "new")
    assert content(tmp_path) == whole("new")
