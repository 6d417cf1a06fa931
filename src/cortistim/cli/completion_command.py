"""``cortistim completion``: what makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from cortistim.errors import CortistimError

VARIABLE = "_CORTISTIM_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
INSTALL = {
    "bash": 'eval "$(cortistim completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(cortistim completion zsh)" in ~/.zshrc',
    "fish": "cortistim completion fish | source in ~/.config/fish/config.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(*, shell: str) -> None:
    """Print the script that makes a shell complete commands, options and file names.

    In bash: eval "$(cortistim completion bash)", in ~/.bashrc for good.
    """
    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover - click knows all three
        msg = f"click has no completion for {shell}."
        raise CortistimError(msg)
    root = click.get_current_context().find_root().command
    click.echo(kind(root, {}, "cortistim", VARIABLE).source())
    click.echo(f"# put {INSTALL[shell]}", err=True)
