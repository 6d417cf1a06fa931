"""What every test has at hand."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("CORTISTIM_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture
def shared_file():
    """Return a file of others that is not part of the project, or skip."""

    def find(relative):
        path = SHARED / relative
        if not path.exists():
            pytest.skip(f"needs {relative}, which is not part of the project")
        return path

    return find
