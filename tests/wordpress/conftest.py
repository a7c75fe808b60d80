"""Fixtures for exports.

Tests of real exports are collected only if the exports are available next to the project.
"""

from pathlib import Path

import pytest

from tests.wordpress.exports import HEAD, TAIL, Writer

EXPORTS = Path(__file__).parents[3] / "shared" / "wxr"

collect_ignore = [] if EXPORTS.is_dir() else ["test_real_exports.py", "test_real_sites.py"]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def write(*items: str, name: str = "export") -> str:
        path = tmp_path / f"{name}.xml"
        path.write_text(HEAD + "\n".join(items) + TAIL, encoding="utf-8")
        return str(path)

    return write
