"""The site: ``python docs/build.py`` makes it without a network."""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "src"))
sys.path.insert(0, str(HERE))

import cortistim  # noqa: E402
from scraper import Figures  # noqa: E402

project = "cortistim"
author = "The cortistim developers"
copyright = author
version = release = cortistim.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
myst_heading_anchors = 3
exclude_patterns = ["_build", "gallery", "auto_gallery/*.ipynb", "auto_gallery/*.py", "sg_execution_times.rst"]
html_theme = "furo"
html_title = f"cortistim {version}"
html_show_sourcelink = False
templates_path = []
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "code"
sphinx_gallery_conf = {
    "examples_dirs": str(HERE / "gallery"),
    "gallery_dirs": "auto_gallery",
    "filename_pattern": r"\.py$",
    "plot_gallery": os.environ.get("CORTISTIM_GALLERY", "1") != "0",
    "image_scrapers": (Figures(),),
    "reset_modules": (),
    "capture_repr": (),
    "abort_on_example_error": True,
    "show_memory": False,
    "download_all_examples": True,
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
    "min_reported_time": 1,
}
suppress_warnings = ["config.cache"]

PLACED = {
    "index", "start", "tasks", "python", "topics", "concepts", "validation", "limits",
    "algorithms", "formats", "api", "changelog",
}  # fmt: skip
OUTSIDE = re.compile(r"(?<!!)\[([^\]]+)\]\(\.\./(?:\.\./)?((?!howto|python)[A-Za-z][^)]*)\)")


def setup(app):
    """Turn links to files outside the site into their names: the site stands alone."""
    app.connect("source-read", _alone)
    app.connect("autodoc-process-docstring", _bars)


def _bars(_app, _what, _name, _obj, _options, lines):
    """Let |E| be what it is; docutils would look for a substitution of that name."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def _alone(_app, docname, source):
    if docname == "topics":
        pages = sorted(path.stem for path in HERE.glob("*.md") if path.stem not in PLACED)
        source[0] = source[0].replace("PAGES", "\n".join(pages))
    if "/" not in docname:
        source[0] = OUTSIDE.sub(r"\1 (`\2`)", source[0])
