"""No mapping stands for a result where one package hands it to another."""

import ast
import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "cortistim"
LOOSE = re.compile(r"\b(dict|Mapping)(\[str, (Any|object)\]|\b(?!\[))")
OPEN = {
    "plain": "YAML and JSON of anybody, before they are read as a type",
    "records.form.schema": "a JSON schema",
    "protocol.written.content_of": "a protocol file as a YAML writer takes it",
    "safety.audit.append_record": "a line of the audit, of which every check has its own",
    "safety.screening.screen": "answers of a file, each judged by its topic",
    "neuron.cells.statistics": "numbers that cells are grown from, a tree of them",
    "neuron.arbor.grow": "the same",
    "viz.report.tables": "facts that are shown, whatever they are",
    "io": "files of others, as their formats have them",
    "cli": "facts that are printed, whatever they are",
}
"""Where a mapping is what it looks like: no result of ours, but plain values."""


def public_functions(path):
    module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    if any(part.startswith("_") and part != "__init__" for part in module.split(".")):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{module}.{node.name}", node


def loose_types(node):
    told = [node.returns, *(a.annotation for a in (*node.args.args, *node.args.kwonlyargs))]
    return [text for text in map(ast.unparse, filter(None, told)) if LOOSE.search(text)]


def test_no_mapping_of_anything_crosses_the_border_of_a_package():
    found = {
        name: loose
        for path in SOURCE.rglob("*.py")
        for name, node in public_functions(path)
        if (loose := loose_types(node))
        and not any(f"{name}.".startswith(f"{place}.") for place in OPEN)
    }
    assert found == {}
