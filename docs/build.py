"""Build the site: strict, without a network, and check every link within it.

    python docs/build.py [--no-gallery]

writes ``docs/_build/html``. With ``--no-gallery`` the scripts are shown and not run.
"""

import os
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

DOCS = Path(__file__).parent
SITE = DOCS / "_build" / "html"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name in ("id", "name") and value:
                self.anchors.add(value)


def broken(site: Path) -> list[str]:
    """List the links of a site that lead nowhere within it.

    Parameters
    ----------
    site : Path
        Its folder.

    Returns
    -------
    list of str
        Page and link.
    """
    pages = {}
    for path in site.rglob("*.html"):
        pages[path.resolve()] = parser = _Links()
        parser.feed(path.read_text("utf-8"))
    found = []
    for page, parser in pages.items():
        for link in parser.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            lost = not target.exists()
            if not lost and parts.fragment and target in pages:
                lost = unquote(parts.fragment) not in pages[target].anchors
            if lost:
                found.append(f"{page.relative_to(site.resolve())}: {link}")
    return found


def main(arguments: list[str]) -> int:
    """Build and check.

    Parameters
    ----------
    arguments : list of str
        Of the command line.

    Returns
    -------
    int
        0 when all is well.
    """
    start = time.monotonic()
    gallery = "0" if "--no-gallery" in arguments else "1"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
    done = subprocess.run(
        [*command, str(DOCS), str(SITE)],
        env=os.environ | {"CORTISTIM_GALLERY": gallery},
        check=False,
    )
    if done.returncode:
        return done.returncode
    lost = broken(SITE)
    print("\n".join([*lost, f"{len(lost)} broken links, {time.monotonic() - start:.0f} s"]))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
