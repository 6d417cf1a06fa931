"""Print sentences that the program says to people, for a reader to judge their English.

``python tools/sentences.py`` prints 200, spread evenly over the sources; ``--count N`` others,
``--all`` every one. Errors, notes, warnings and help are taken from the source by its syntax
tree; what is filled in shows as ``{...}``.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "cortistim"
LEAST_WORDS = 4  # fewer are keys, headings and units
PATTERN = r"\(\?|\\[bsw]|->|://|</|<\w+>|^[#.]\w+ ?\{"  # regular expressions, sums, HTML, CSS
COMMANDS = ("command", "group")  # decorators that make a docstring the help


@dataclass(frozen=True)
class Sentence:
    """A text of the program.

    Parameters
    ----------
    path : str
        The file that holds it, below ``src/cortistim``.
    line : int
        Where it begins.
    text : str
        With ``{...}`` where values are filled in.
    """

    path: str
    line: int
    text: str


def sentences(source: Path = SOURCE) -> list[Sentence]:
    """Collect what the program says.

    Parameters
    ----------
    source : Path, optional
        Folder of Python files.

    Returns
    -------
    list of Sentence
        By file and line.
    """
    return [
        Sentence(path.relative_to(source).as_posix(), line, text)
        for path in sorted(source.rglob("*.py"))
        for line, text in sorted(_texts(ast.parse(path.read_text("utf-8"))))
    ]


def sample(found: list[Sentence], count: int) -> list[Sentence]:
    """Choose some, evenly spread, the same in every run.

    Parameters
    ----------
    found : list of Sentence
        All.
    count : int
        How many to choose; all where there are fewer.

    Returns
    -------
    list of Sentence
        In the order given.
    """
    if count >= len(found):
        return found
    return [found[n * len(found) // count] for n in range(count)]


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    silent = {id(node) for node in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent.update(id(part) for part in ast.walk(node) if part is not node)
        if isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in silent:
            text = " ".join(_spoken(node).split())
            if _is_sentence(text):
                yield node.lineno, text


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    """Find the docstrings that only programmers read: bare texts, but for a command's help."""
    shown = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and _is_command(node):
            shown.add(id(node.body[0]))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and id(node) not in shown:
            yield node.value


def _is_command(node: ast.FunctionDef) -> bool:
    made_by = [ast.unparse(made).split("(")[0] for made in node.decorator_list]
    return any(name.rsplit(".", 1)[-1] in COMMANDS for name in made_by)


def _spoken(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_spoken(part) for part in node.values)
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "{...}"


def _is_sentence(text: str) -> bool:
    words = re.findall(r"(?<![\w.])[A-Za-z][a-z']*(?![\w(])", text)
    return len(words) >= LEAST_WORDS and not re.search(PATTERN, text)


def main() -> None:
    """Print them, by file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=200, help="how many (200)")
    parser.add_argument("--all", action="store_true", help="every one")
    asked = parser.parse_args()
    found, path = sentences(), ""
    for sentence in found if asked.all else sample(found, asked.count):
        if sentence.path != path:
            path = sentence.path
            sys.stdout.write(f"\n{path}\n")
        sys.stdout.write(f"  {sentence.line}: {sentence.text}\n")


if __name__ == "__main__":
    main()
