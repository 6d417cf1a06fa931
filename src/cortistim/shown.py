"""How nouns show themselves: a line in a shell, a small table and a picture in a notebook.

Nouns lie in the lower layers, drawing and files in the upper ones. What is shown is therefore
found by name when somebody asks for it, here and nowhere else.
"""

from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any, Self

DRAWING, FILES = "cortistim.viz.plots", "cortistim.api.files"
Facts = tuple[tuple[str, str], ...]
"""Labels and values, with units."""


class Shown:
    """A noun with a short ``repr``, a table for notebooks, a picture and a file."""

    __slots__ = ()

    def facts(self) -> Facts:
        """Say what matters about it.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        """Say it in one line."""
        said = ", ".join(f"{label} {value}" for label, value in self.facts())
        return f"<{type(self).__name__}: {said}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(label)}</th>"
            f"<td style='text-align:left'>{escape(value)}</td></tr>"
            for label, value in self.facts()
        )
        title = escape(type(self).__name__)
        return f"<table><caption>{title}</caption>{rows}</table>"

    def plot(self, **choices: Any) -> Any:  # noqa: ANN401 - a figure, which only viz knows
        """Draw it.

        Parameters
        ----------
        **choices
            Of the picture, see `cortistim.viz.plots`.

        Returns
        -------
        matplotlib.figure.Figure
            Shown by notebooks as it is; ``.savefig("name.png")`` writes it.
        """
        return import_module(DRAWING).plot(self, **choices)

    def save(self, path: Path | str) -> Path:
        """Write it to a file, or to a folder where it is several.

        Parameters
        ----------
        path : Path or str
            Where to; the ending says in which format where there is a choice.

        Returns
        -------
        Path
            The same.
        """
        return import_module(FILES).save(self, path)

    @classmethod
    def load(cls, path: Path | str, **needed: Any) -> Self:  # noqa: ANN401
        """Read what `save` wrote.

        Parameters
        ----------
        path : Path or str
            A file or folder.
        **needed
            What the file does not hold, such as the ``head`` of an operator.

        Returns
        -------
        object of this class
            As it was written.
        """
        return import_module(FILES).load(cls, path, **needed)
