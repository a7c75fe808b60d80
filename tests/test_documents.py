"""Documents name files, links, settings and commands that exist."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/*.md", "docs/adr/*.md", "docs/howto/*.md", "docs/operations/*.md")
    for path in ROOT.glob(pattern)
)
# What documents name in backticks as a file or folder of the project. Paths of URLs start with a slash.
_PATH = re.compile(r"`(\.?[\w-][\w.*-]*(?:/[\w.*-]+)*(?:/|\.(?:py|html|css|js|md|toml|yml|txt|example)))`")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_paths_and_links_in_documents_exist(document: Path) -> None:
    text = (ROOT / document).read_text()
    # A name without a folder, such as `conftest.py`, may be anywhere.
    paths = {
        name for name in _PATH.findall(_FENCE.sub("", text)) if "/" in name and not list(ROOT.glob(name.rstrip("/")))
    }
    links = {name for name in _LINK.findall(text) if not (ROOT / document.parent / name).exists()}
    assert (paths, links) == (set(), set())


def test_the_tour_names_existing_code() -> None:
    rows = re.findall(
        r"^\| [^|`]+ \| `([\w/.-]+)` \| `(\w+)`", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE
    )
    assert len(rows) == 14
    assert [row for row in rows if row[1] not in (ROOT / row[0]).read_text()] == []


def test_every_setting_is_documented() -> None:
    read = set(re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", (ROOT / "ptcomplete/settings.py").read_text()))
    example = re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    table = re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    assert read == set(example) == set(table)
    assert (len(example), len(table)) == (len(read), len(read))


def test_every_command_is_documented() -> None:
    own = {path.stem for path in ROOT.glob("*/management/commands/[a-z]*.py")}
    table = re.findall(r"^\| `(\w+)", (ROOT / "docs/commands.md").read_text(), re.MULTILINE)
    assert own <= set(table)


def test_make_targets_in_documents_exist_and_are_listed() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for document in DOCUMENTS for name in re.findall(r"`make ([a-z-]+)", (ROOT / document).read_text())}
    listed = set(re.findall(r"`make ([a-z-]+)", (ROOT / "docs/commands.md").read_text()))
    assert named <= targets | {"setup-dev"}
    assert targets - {"help"} <= listed
