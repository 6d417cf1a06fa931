"""The ``cortistim`` command: takes what a user types; gives files and words.

Exit codes: 0 done, 1 'doctor' found a fault, 2 the input cannot be used, 3 the numerics failed,
130 cancelled.
"""

import functools
import os
import signal
import sys
import threading
import warnings

import click

from cortistim import __version__, cache
from cortistim.cli.flags import spoken, typed_command
from cortistim.errors import BadInputError, CortistimError, MissingFileError, quoted
from cortistim.naming import nearest

INPUT, NUMERICS, CANCELLED = 2, 3, 130
POLL_S = 0.1
PROGRAM = "cortistim"
WITHOUT_DOCSTRINGS = (
    "Python must keep docstrings, which its libraries need, but runs with -OO or "
    "PYTHONOPTIMIZE=2. Run it without, or with -O."
)
SECTIONS = {
    "Heads": {
        "head": "Build heads from MRI; check, show and compare them; find targets.",
    },
    "Coils and pulses": {
        "coil": "Show, compare, convert and design coils.",
        "pulse": "Stimulators, their waveforms, and doses.",
        "pose": "Show, convert, turn and shift coil poses.",
    },
    "Fields and aims": {
        "plan": "Plan a stimulation: coil pose, field, dose, protocol, safety, report.",
        "aim": "Find the pose that serves a target best.",
        "field": "Solve the electric field of a coil at a pose.",
        "operator": "Build a head's field operator; evaluate any pose in milliseconds.",
        "uncertainty": "Say how uncertain |E| is, and which conductivity matters.",
        "target": "Find a target in a person's own connectivity.",
    },
    "Neurons and protocols": {
        "neuron": "Thresholds, recruitment over the cortex, and motor responses.",
        "protocol": "The library of protocols, their pictures, and safety checks.",
        "plasticity": "The likely change of excitability after a protocol.",
        "network": "What recruited cortex reaches over a connectome of your own.",
    },
    "Experiments": {
        "threshold": "Measure a motor threshold; simulate and replay methods of finding it.",
        "curve": "Recruitment curves, designs of studies, conditioned responses.",
        "hotspot": "Hunt for a muscle's hot spot; simulate and replay methods of finding it.",
        "map": "Motor maps: place, area, volume, overlap, and how well they repeat.",
        "locate": "Find which piece of cortex responses come from.",
        "lesion": "Virtual lesions and speech: designs, their power, maps of errors.",
        "rehearse": "Sessions against a virtual subject, with a score sheet.",
        "emg": "Measure motor responses in EMG, and review every trial.",
        "eeg": "Lead fields of heads; epochs cleaned with them; evoked potentials.",
        "record": "Sessions as one table: import, export to BIDS, validate, report.",
        "study": "Replay recorded sessions.",
    },
    "People": {
        "cohort": "Many people with one command, and groups on fsaverage.",
        "safety": "Screening of a person, and the tables behind the checks.",
    },
    "Live": {
        "live": "Show the field in a browser while the coil moves.",
    },
    "Upkeep": {
        "doctor": "Check the installation, with a short self-test.",
        "cache": "Show or clear what is kept between runs.",
        "completion": "Let the shell complete commands, options and files.",
    },
}
"""Every command by task; a test finds those without a place."""
COMMANDS = tuple(name for section in SECTIONS.values() for name in section)
GROUPS = ("head", "coil", "pulse")  # with so many commands below them that they have a folder


class _Lazy(click.Group):
    """Commands are imported when they are asked for, and --help imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        return _command(cmd_name)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """List the commands by task from the table above, without importing any."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest what a mistyped command may have meant."""
        near = nearest(args[0], COMMANDS, most=1)
        if args[0] not in COMMANDS and near:
            msg = f"No such command {quoted(args[0])}. Did you mean '{near[0]}'?"
            raise click.UsageError(msg, ctx)
        return super().resolve_command(ctx, args)


@functools.cache
def _command(name: str) -> click.Command:
    from importlib import import_module

    from cortistim.cli.doubts import doubted
    from cortistim.cli.ending import ending
    from cortistim.cli.places import guarded

    module = f"{name}.command" if name in GROUPS else f"{name}_command"
    return ending(doubted(guarded(import_module(f"cortistim.cli.{module}").command)), name)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cortistim")
def cortistim() -> None:
    """Transcranial magnetic stimulation: from head and coil to field, pose and dose.

    'cortistim plan' without options plans left DLPFC stimulation on the built-in head.

    Research software, not a medical device.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    The work is done beside the main thread, which waits for it and for Ctrl-C: compiled code
    cannot be interrupted from within, and an interrupt that Python delivers while it returns
    brings the interpreter down. SIGTERM, by which batch systems and containers end a process,
    does what Ctrl-C does.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process by default.
    """
    warnings.formatwarning = _note
    codes: list[int] = []
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    ended = threading.Event()

    def work() -> None:
        try:
            codes.append(run(arguments))
        finally:
            ended.set()

    threading.Thread(target=work, daemon=True).start()
    try:
        _wait_for(ended)
    except KeyboardInterrupt:
        cache.abandon()
        click.echo("\ncortistim: cancelled", err=True)
        os._exit(CANCELLED)  # the work goes on in compiled code; nothing of it is kept
    sys.exit(codes[0] if codes else NUMERICS)


def _wait_for(ended: threading.Event) -> None:
    """Wait; let a command that runs until it is told so end in order at the first interrupt.

    An event, because a thread whose `join` was interrupted by a signal passes for ended in
    Python 3.11, whether it is or not.
    """
    try:
        while not ended.wait(POLL_S):
            pass
    except KeyboardInterrupt:
        from cortistim.cli import stopping  # at the start, help and errors need nothing of it

        if not (stopping.ask() and ended.wait(stopping.PATIENCE_S)):
            raise


def _note(message: Warning | str, category: type[Warning], *where: object, **_: object) -> str:
    """Say a warning of this package in words; those of others need their place, too."""
    if category.__module__.startswith("cortistim"):
        return f"cortistim: note: {message}\n"
    return f"{where[0]}:{where[1]}: {category.__name__}: {message}\n"


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def run(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process by default.

    Returns
    -------
    int
        The exit code.
    """
    if sys.flags.optimize > 1:
        click.echo(f"cortistim: {WITHOUT_DOCSTRINGS}", err=True)
        return INPUT
    # records and summaries say it, once and in words
    warnings.filterwarnings("ignore", message=r"\d+ of \d+ points lie up to .* beyond the grid")
    try:
        return cortistim.main(arguments, prog_name=PROGRAM, standalone_mode=False) or 0
    except click.ClickException as error:
        error.show(sys.stderr)
        return INPUT
    except SystemExit as ended:  # shell completion ends so
        return ended.code if isinstance(ended.code, int) else INPUT
    except (click.exceptions.Abort, KeyboardInterrupt, CortistimError, OSError) as error:
        message, code = _ending(error)
        typed = typed_command(cortistim, sys.argv[1:] if arguments is None else arguments)
        click.echo(f"cortistim: {spoken(message, typed)}", err=True)
        return code


def _ending(error: BaseException) -> tuple[str, int]:
    if isinstance(error, BadInputError):
        return str(error), INPUT
    if isinstance(error, CortistimError):
        return str(error), NUMERICS
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return str(MissingFileError(error.filename)), INPUT
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}a file or folder cannot be used ({error.strerror or error}).", INPUT
    return "cancelled", CANCELLED
