"""From the library's parameters, in backquotes, to options of the command that was typed."""

import re
from collections.abc import Sequence

import click

_PARAMETER = re.compile(r"(?P<beside> ?\()?`(?P<name>[a-z_][a-z0-9_]*)`(?(beside)\))")

OPTIONS = {
    "head": "head_name",
    "coil": "coil_name",
    "pose": "pose_file",
    "surfaces": "surfaces_dir",
    "didt_a_per_s": "didt_a_per_us",
    "percent_mso": "mso",
    "mso_percent": "mso",
    "asked": "form",
    "work_folder": "out",
    "operator": "operator_file",
    "points_m": "points_file",
    "use_targets": "targets",
    "intervals_ms": "intervals",
    "inner_m": "inner_mm",
    "outer_m": "outer_mm",
    "spacing_m": "spacing_mm",
    "overlap_m": "overlap_mm",
    "bend_rad": "bend_deg",
    "criterion_v": "criterion_uv",
    "half_width": "half_width_percent",
    "mep_v": "response",
    "hit": "response",
    "floor_v": "floor_uv",
    "response_s": "window",
    "baseline_s": "baseline",
    "blank_s": "blank",
    "draft": "form",
    "items": "items_file",
    "poses": "poses_file",
    "tr": "tr_s",
    "cut": "cut_ms",
    "baseline": "baseline_ms",
}
"""What the library calls otherwise than the command line does."""
ELSEWHERE = {
    "image": "--image of 'cortistim pose convert'",
    "poses": "--poses of 'cortistim operator evaluate'",
    "rmt_percent": "--rmt of 'cortistim protocol check'",
    "amt_percent": "--amt of 'cortistim protocol check'",
}
"""Where an option is found that the command at hand lacks."""


def spoken(text: str, command: click.Command) -> str:
    """Put a command's options in place of the library's parameters.

    Parameters
    ----------
    text : str
        A message of the library: `rmt_percent` in backquotes, or aside: (`rmt_percent`).
    command : click.Command
        The one that a user typed.

    Returns
    -------
    str
        With ``--rmt`` where the command has it. Elsewhere an aside is dropped, unless another
        command is known to help, and a name stands without backquotes.
    """
    flags = _flags(command)

    def put(hit: re.Match[str]) -> str:
        name = hit["name"]
        flag = flags.get(name) or flags.get(OPTIONS.get(name, "")) or ELSEWHERE.get(name)
        if hit["beside"] is None:
            return flag or name
        return f"{hit['beside']}{flag})" if flag else ""

    return _PARAMETER.sub(put, text)


def _flags(command: click.Command) -> dict[str, str]:
    """Options by the parameter they fill; arguments by their metavar, such as FILE."""
    flags = {}
    for parameter in command.params:
        if parameter.name is None:
            continue
        is_option = isinstance(parameter, click.Option)
        longest = max(parameter.opts, key=len)
        flags[parameter.name] = longest if is_option else parameter.name.upper()
    return flags


def typed_command(root: click.Command, arguments: Sequence[str]) -> click.Command:
    """Return the command that arguments name, as far as they name one.

    Parameters
    ----------
    root : click.Command
        ``cortistim`` itself.
    arguments : sequence of str
        As typed.

    Returns
    -------
    click.Command
        The deepest one reached.
    """
    command = root
    for argument in arguments:
        if not isinstance(command, click.Group):
            break
        if not argument.startswith("-"):
            found = command.get_command(click.Context(command), argument)
            if found is None:
                break
            command = found
    return command
