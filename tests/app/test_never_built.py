"""What the package must not hold: whatever arms, sets or fires a stimulator, or moves a robot.

Installed from a wheel, as it is where the checks run, the package's folder is what the wheel
holds.
"""

import re
from pathlib import Path

import pytest

import cortistim

NEVER = {
    "a packet of a stimulator": rb"b[\"'](EH|QH|Q@|@\d{3}|\\xfe)[\"']|coil_\d_single_pulse",
    "a line that triggers": rb"\.(rts|dtr)\s*=|set(RTS|DTR)|sendBreak|parallel\.Parallel",
    "a serial port": rb"^\s*(import|from) (serial|pyserial|usb|hid|nidaqmx)\b",
    "keys heard outside the page": rb"^\s*(import|from) (pynput|keyboard|evdev)\b",
    "words that permit": rb"(?i)ready to fire|safe to (fire|stimulate|pulse)|cleared to",
    "motion of a robot": rb"(?i)\b(move_?to_?pose|robot_move|servo_?to|send_?trajectory)\b",
}
READ = {".py", ".js", ".html", ".json", ".yaml", ".css", ".j2"}


def files():
    root = Path(cortistim.__file__).parent
    return [path for path in sorted(root.rglob("*")) if path.suffix in READ]


@pytest.mark.parametrize("what", NEVER)
def test_the_package_does_not_hold(what):
    pattern = re.compile(NEVER[what], re.MULTILINE)
    assert [p.name for p in files() if pattern.search(p.read_bytes())] == []


@pytest.mark.parametrize(
    "line", [b"port.write(b'EH')", b"  port.rts = True", b"import serial", b"ready to fire"]
)
def test_the_search_finds_what_it_looks_for(line):
    assert any(re.search(pattern, line, re.MULTILINE) for pattern in NEVER.values())


def test_the_search_reads_the_whole_package():
    names = {path.name for path in files()}
    assert {"server.py", "hub.py", "live.js", "index.html"} <= names
