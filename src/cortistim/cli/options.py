"""Options that several commands share, and how their values are read."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from cortistim.cli.places import Folder
from cortistim.errors import MissingFileError, quoted
from cortistim.field.refinement import Refinement
from cortistim.head.anisotropy import Mapped
from cortistim.io import parse_sigma
from cortistim.io.subject.head import NO_SURFACES
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import SPACES, HeadRequest, require_target_name

Command = TypeVar("Command", bound=Callable[..., Any])
OWN_PULSE_HELP = (
    "'stimulator' builds a table for its own waveform with this coil, minutes the first time; "
    "by default the shipped table of its kind is scaled to that waveform."
)


class Sigma(click.ParamType):
    """``TAG=VALUE,...`` or a file of such pairs."""

    name = "TAG=VALUE,...|FILE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple:  # noqa: ANN401, ARG002
        """Read the pairs."""
        return value if isinstance(value, tuple) else tuple(parse_sigma(value).items())


class Given(click.Path):
    """A file or folder to read: looked for before any work is done.

    Parameters
    ----------
    besides : tuple of str
        Words that may stand in its place.
    **rule
        As for click.Path.
    """

    def __init__(self, *, besides: tuple[str, ...] = (), **rule: Any) -> None:  # noqa: ANN401
        super().__init__(**rule)
        self.besides = besides

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:  # noqa: ANN401
        """Return the path of what is there."""
        path = Path(str(super().convert(value, param, ctx)))
        if str(path) not in self.besides and not path.exists():
            raise MissingFileError(path)
        return path


GIVEN = Given(path_type=Path)


class Target(click.ParamType):
    """A name or coordinates: what no head can have is refused before one is built."""

    name = "NAME|X,Y,Z"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:  # noqa: ANN401, ARG002
        """Return the text as typed."""
        require_target_name(value)
        return value


class Finite(click.ParamType):
    """A number, finite and not zero, of either sign."""

    name = "NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:  # noqa: ANN401
        """Read the number."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if number == 0 or not math.isfinite(number):
            self.fail(f"must be finite and not zero; got {quoted(value)}.", param, ctx)
        return number


class Positive(click.ParamType):
    """A number above zero, and finite: refused in the unit in which it was typed."""

    name = "NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:  # noqa: ANN401
        """Read the number."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            self.fail(f"must be a finite number above 0; got {quoted(value)}.", param, ctx)
        return number


class NamedNumber(click.ParamType):
    """``NAME=VALUE``."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, float]:  # noqa: ANN401
        """Read the pair."""
        if isinstance(value, tuple):
            return value
        key, equals, text = value.rpartition("=")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (key and equals and math.isfinite(number)):
            message = f"must be NAME=VALUE with a finite number; got {quoted(value)}."
            self.fail(message, param, ctx)
        return key.strip(), number


def chained(*options: Callable) -> Callable[[Command], Command]:
    """Make one decorator of several.

    Parameters
    ----------
    *options : callables
        Decorators, the first one outermost.

    Returns
    -------
    callable
        Their composition.
    """

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


HEAD_HELP = "Built-in head (colin27, sphere), .msh/.msh.gz file (gmsh 2.2 or 4.1) or folder of "
HEAD_HELP += "a head (from 'head build', or m2m)."
head_option = chained(
    click.option("--head", "head_name", default="colin27", show_default=True, help=HEAD_HELP),
    click.option(
        "--sigma",
        type=Sigma(),
        default=(),
        help="Conductivities in S/m that replace the defaults, such as 2=0.3,7=0.006.",
    ),
    click.option("--repair", is_flag=True, help="Repair a mesh that fails validation."),
    click.option(
        "--anisotropy",
        "mapping",
        type=click.Choice(get_args(Mapped)),
        help="Conductivity tensors of white and grey matter from diffusion: volume-normalised "
        "(vn), direct (dir) or its mean (mc). By default conductivity is isotropic.",
    ),
    click.option(
        "--dti",
        type=GIVEN,
        help="Diffusion tensors for --anisotropy (vn if that is not given), six volumes as FSL "
        "writes them; by default that of the m2m_ folder.",
    ),
    click.option(
        "--surfaces",
        "surfaces_dir",
        type=Given(besides=(NO_SURFACES,), path_type=Path),
        help="Folder with surfaces of the cortex in the head's frame: a FreeSurfer subject, an "
        "m2m_ folder (whose own are taken by default), a subject of fMRIPrep or the HCP, or "
        "lh.white, lh.pial ...; 'none' for the mesh's own.",
    ),
)
deformation_option = click.option(
    "--deformation",
    type=NamedNumber(),
    multiple=True,
    help="How a coil that can be bent is bent, in degrees or mm (see 'cortistim coil show'); "
    "may be given several times.",
)
channel_option = click.option(
    "--channel",
    "channels",
    type=NamedNumber(),
    multiple=True,
    help="Share of dI/dt that one stimulator of a coil with several gives, such as 1=-0.5.",
)
coil_option = chained(
    click.option(
        "--coil",
        "coil_name",
        default="magstim_d70",
        show_default=True,
        help="Named coil (see 'cortistim coil list') or file: .ccd, .tcd, .nii, .nii.gz.",
    ),
    click.option(
        "--reverse-current",
        is_flag=True,
        help="Let the current run the other way round the coil for dI/dt > 0.",
    ),
    deformation_option,
    channel_option,
)
stimulator_option = click.option(
    "--stimulator",
    help="Named stimulator (see 'cortistim pulse list'); by default the one that the coil "
    "belongs to, magstim_rapid for the default coil.",
)
target_option = chained(
    click.option(
        "--target",
        type=Target(),
        default="dlpfc_l",
        show_default=True,
        help="Named target (see 'cortistim head targets'), EEG position such as C3, or "
        "x,y,z in mm.",
    ),
    click.option(
        "--space",
        type=click.Choice(SPACES),
        default="subject",
        show_default=True,
        help="Space of coordinates; names know their own.",
    ),
)
aim_option = chained(
    click.option(
        "--handle",
        "handle_deg",
        type=click.FloatRange(-180, 180),
        help="Handle angle in degrees in the scalp plane, between the handle and posterior, "
        "positive away from the midline; searched when left out.",
    ),
    click.option(
        "--distance",
        "distance_mm",
        type=click.FloatRange(0, 100),
        default=4.0,
        show_default=True,
        help="From the scalp to the coil's casing in mm (hair).",
    ),
    click.option(
        "--radius",
        "radius_mm",
        type=click.FloatRange(1, 200),
        default=30.0,
        show_default=True,
        help="How far from the scalp point above the target to search, in mm.",
    ),
)
tolerance_option = click.option(
    "--tolerance",
    type=click.FloatRange(1e-12, 1e-2),
    default=1e-6,
    show_default=True,
    help="Relative residual at which the solver stops.",
)
rmt_option = click.option(
    "--rmt",
    "rmt_percent",
    type=float,
    help="The person's resting motor threshold in % of the maximal output, measured with this "
    "stimulator and coil.",
)
thresholds_option = chained(
    rmt_option,
    click.option(
        "--amt",
        "amt_percent",
        type=float,
        help="The active motor threshold, measured likewise: for protocols that are dosed in % "
        "of it, such as theta bursts.",
    ),
)
refinement_option = click.option(
    "--refinement",
    type=click.Choice(get_args(Refinement)),
    default="local",
    show_default=True,
    help="How elements of higher order are solved for: in small problems around what is read, "
    "or on the whole head, which takes longer and is of higher order between the points too.",
)
uncertainty_option = click.option(
    "--uncertainty/--no-uncertainty",
    default=True,
    help="Give |E| at the target with one interval for numerical error, conductivities, the "
    "coil's place and its model (default), or leave it out.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print only JSON on standard output."
)
quiet_option = click.option("--quiet", is_flag=True, help="Show no progress.")


def out_option(
    default: str | None = None, *, files: tuple[str, ...] = ()
) -> Callable[[Command], Command]:
    """Return the option for the output folder.

    Parameters
    ----------
    default : str, optional
        Required when there is none.
    files : tuple of str
        Names of files written there that an input might have, too.

    Returns
    -------
    callable
        A decorator.
    """
    return click.option(
        "--out",
        type=Folder(*files),
        default=default,
        required=default is None,
        show_default=default is not None,
        help="Folder to write to; made when missing.",
    )


def coil_request(**asked: Any) -> CoilRequest:  # noqa: ANN401
    """Gather the coil options.

    Parameters
    ----------
    **asked : options
        As click names them.

    Returns
    -------
    CoilRequest
        For `CoilRequest.load`.
    """
    return CoilRequest(
        asked["coil_name"], asked["reverse_current"], asked["deformation"], asked["channels"]
    )


def head_request(**asked: Any) -> HeadRequest:  # noqa: ANN401
    """Gather the head options.

    Parameters
    ----------
    **asked
        All options of a command.

    Returns
    -------
    HeadRequest
        For `HeadRequest.load`.
    """
    return HeadRequest(
        asked["head_name"],
        asked["sigma"],
        asked["repair"],
        asked["mapping"],
        asked["dti"],
        asked["surfaces_dir"],
    )
