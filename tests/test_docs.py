"""README and site: short, without dead links, and with code whose names exist."""

import ast
import re
from pathlib import Path

import pytest

import cortistim as ct

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("howto/*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_the_readme_fits_one_sitting_and_keeps_its_two_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 160
    assert "pip install . && cortistim plan" in text
    assert "pip install '.[test]' && pytest" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted((ROOT / "docs" / "gallery").glob("*.py"))], ids=lambda p: p.name
)
def test_code_uses_names_that_exist(page):
    text = page.read_text("utf-8")
    for code in [text] if page.suffix == ".py" else CODE.findall(text):
        used = {
            node.attr
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "ct"
        }
        assert used <= set(dir(ct))


def test_names_in_the_table_of_commands_exist():
    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    assert set(re.findall(r"\bct\.([A-Za-z_]+)", text)) <= set(dir(ct))
