"""``cortistim live``: the field follows the coil, in a browser."""

import asyncio
import json
import os
import stat
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cortistim.cli import options, stopping
from cortistim.cli.progress import shown
from cortistim.records.form import plain
from cortistim.safety import DEFAULT_TABLE, table_names
from cortistim.study.request.inputs import SPACES

if TYPE_CHECKING:
    from cortistim.app.guard import Guard
    from cortistim.app.live import LiveRequest, Prepared

REDIRECT = """<!doctype html><meta charset="utf-8"><title>cortistim live</title>
<script>location.replace({url})</script>
"""


@click.command()
@options.head_option
@options.coil_option
@options.stimulator_option
@click.option(
    "--target",
    type=options.Target(),
    default="C3",
    show_default=True,
    help="Named target (see 'cortistim head targets'), EEG position, or x,y,z in mm.",
)
@click.option(
    "--avoid",
    type=options.Target(),
    multiple=True,
    help="A place that should get little, as --target; its |E| is shown beside the target's.",
)
@click.option(
    "--space",
    type=click.Choice(SPACES),
    default="subject",
    show_default=True,
    help="Space of coordinates; names know their own.",
)
@click.option(
    "--operator",
    type=options.GIVEN,
    help="File of 'cortistim operator build'; by default a small one is built once and kept.",
)
@click.option("--plan", type=options.GIVEN, help="Folder of a plan, or a file with one pose.")
@click.option(
    "--rmt",
    "rmt_percent",
    type=click.FloatRange(0, 100, min_open=True),
    help="Output to begin with in % of the maximum; without it the field is for 1 A/µs.",
)
@click.option(
    "--source",
    default="mouse",
    show_default=True,
    help="Where poses come from: mouse, api (programs send them), or openigtlink://HOST:PORT, "
    "openigtlink-listen://127.0.0.1:PORT, localite://, brainsight://, navinibs://, lsl://NAME.",
)
@click.option(
    "--triggers",
    help="A second source that tells of pulses alone, such as lsl://NAME for markers.",
)
@click.option(
    "--subject",
    help="virtual or virtual:SEED: a simulated person sits in the chair, for rehearsals.",
)
@click.option(
    "--protocol",
    help="What the session is to be, by name or file; the page quotes what a table says of it.",
)
@click.option(
    "--safety-table",
    "table",
    type=click.Choice(table_names()),
    default=DEFAULT_TABLE,
    show_default=True,
    help="Safety table by which pulses are looked at.",
)
@click.option("--replay", type=options.GIVEN, help="A navigator's recorded session.")
@click.option(
    "--speed",
    type=click.FloatRange(0, 100),
    default=1.0,
    show_default=True,
    help="Of the replay; 0 stands still.",
)
@click.option("--demo", help="Protocol of a stand-in of a navigator, such as localite.")
@click.option("--image", type=options.GIVEN, help="T1 image that the navigator was given.")
@click.option(
    "--registration",
    type=options.GIVEN,
    help="File with a 4x4 matrix in mm from the source's frame to the head's.",
)
@click.option("--tool", help="Which of the source's tools is the coil.")
@click.option(
    "--session", type=click.Path(path_type=Path), help="Folder for the log; resumed if there."
)
@click.option(
    "--export", type=click.Path(path_type=Path), help="Write the explorer to this file and end."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@options.json_option
@options.quiet_option
def command(*, no_browser: bool, as_json: bool, quiet: bool, **asked: Any) -> None:  # noqa: ANN401
    """Show the field on the cortex while the coil moves, in a browser on this machine.

    Nothing here arms, sets or fires a stimulator. Runs until Ctrl-C; with --no-browser also
    until its standard input is closed. Research software, not a medical device.
    """
    from cortistim.app.live import LiveRequest, prepare, run_live

    wanted = LiveRequest.__dataclass_fields__
    request = LiveRequest(**{name: asked[name] for name in wanted if name in asked})
    head_request, coil = options.head_request(**asked), options.coil_request(**asked).load()
    with shown(quiet=quiet) as progress:
        head = head_request.load(progress=progress)
        prepared = prepare(head, coil, request, progress=progress)
    if asked["export"] is not None:
        _export(prepared, request, asked["export"], as_json=as_json)
        return
    stop = threading.Event()
    with stopping.softly(stop), tempfile.TemporaryDirectory() as folder:

        def ready(guard: "Guard") -> None:
            if no_browser:
                _announce(guard, as_json=as_json)
                _stop_with_input(stop)
            else:
                _open(guard, Path(folder))

        asyncio.run(run_live(prepared, request, ready, lambda: asyncio.to_thread(stop.wait)))


def _export(prepared: "Prepared", request: "LiveRequest", path: Path, *, as_json: bool) -> None:
    from cortistim.app.explorer import write_explorer
    from cortistim.app.live import colour_table, drive_for

    didt_a_per_s = drive_for(prepared.output, request.rmt_percent).didt_a_per_s
    record = write_explorer(
        prepared.scene, path, didt_a_per_s=didt_a_per_s, colours=colour_table()
    )
    if as_json:
        click.echo(json.dumps(plain(record), ensure_ascii=False))
        return
    click.echo(f"explorer  {path}, {record.bytes} bytes")
    click.echo(f"error     {record.largest_error_share:.2g} of the strongest |E| at most")


def _announce(guard: "Guard", *, as_json: bool) -> None:
    url = f"http://127.0.0.1:{guard.port}/"
    if as_json:
        record = {
            "url": url,
            "port": guard.port,
            "view_token": guard.view_token,
            "control_token": guard.control_token,
        }
        click.echo(json.dumps(record))
    else:
        click.echo(f"look     {url}#t={guard.view_token}")
        click.echo(f"control  {url}#t={guard.control_token}")
    sys.stdout.flush()


def _open(guard: "Guard", folder: Path) -> None:
    """Open the page by a file that its owner alone can read: `ps` shows addresses to all."""
    url = f"http://127.0.0.1:{guard.port}/#t={guard.control_token}"
    path = folder / "live.html"
    path.touch(mode=0o600)
    path.write_text(REDIRECT.format(url=json.dumps(url)), encoding="utf-8")
    opened = webbrowser.open(path.as_uri())
    words = "the page is open; Ctrl-C ends" if opened else f"open {path} in a browser"
    click.echo(f"cortistim live: {words}.", err=True)


def _stop_with_input(stop: threading.Event) -> None:
    """End when whoever started us closes our input; nobody closes a file or /dev/null."""
    try:
        kind = os.fstat(0).st_mode
    except OSError:
        return
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) or os.isatty(0):
        threading.Thread(target=_wait_for_end, args=(stop,), daemon=True).start()


def _wait_for_end(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass  # what is typed means nothing
    stop.set()
