"""Visitors load one or two style sheets and one script, built from many files."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from ptcomplete.staticfiles_storage import BUNDLES, BundlingStorage, bundled

SOURCES = FileSystemStorage(settings.BASE_DIR / "static")


def parts(name: str) -> list[Path]:
    """Return the files that the bundle `name` imports, in order."""
    bundle = Path(SOURCES.path(name))
    names = [
        f"{Path(name).parent}/{part}" for part in re.findall(r'^@?import\W+(.+?)"', bundle.read_text(), re.MULTILINE)
    ]
    return [each for part in names for each in parts(part) or [Path(SOURCES.path(part))]]


def rules(style: str) -> str:
    """Return a style sheet without comments, line breaks and indentation."""
    return "".join(line.strip() for line in re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL).splitlines())


def without_comments(script: str) -> str:
    """Return a script without the lines that are comments."""
    return "\n".join(line for line in script.split("\n") if not line.lstrip().startswith("//"))


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_contains_its_parts_in_order_and_imports_nothing(name: str) -> None:
    text = bundled(name, SOURCES)
    same = rules if name.endswith(".css") else without_comments
    offsets = [same(text).index(same(part.read_text())) for part in parts(name)]
    assert len(offsets) > 3
    assert offsets == sorted(offsets)
    assert not re.search(r"^\s*@?import\b", text, re.MULTILINE)
    if name.endswith(".js"):
        assert text.count("} catch (error) {\n  reportError(error)\n}") == len(offsets)


def test_the_url_of_a_file_is_looked_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = BundlingStorage(tmp_path, "/static/")
    asked: list[str] = []

    def find(name: str) -> str:
        asked.append(name)
        return f"hashed-{name}"

    monkeypatch.setattr(storage, "stored_name", find)
    assert [storage.url("a.css"), storage.url("a.css"), storage.url("b.css")] == [
        "/static/hashed-a.css",
        "/static/hashed-a.css",
        "/static/hashed-b.css",
    ]
    assert asked == ["a.css", "b.css"]


@pytest.mark.parametrize("name", BUNDLES)
def test_collectstatic_writes_the_bundle_under_its_hashed_name(name: str, tmp_path: Path) -> None:
    names = [
        path.relative_to(SOURCES.location).as_posix()
        for folder in ("site", "admin_theme")
        for path in Path(SOURCES.path(folder)).rglob("*")
        if path.is_file()
    ]
    storage = BundlingStorage(tmp_path, "/static/")
    for each in names:
        with SOURCES.open(each) as file:
            storage.save(each, file)
    hashed_names = {
        old: new for old, new, _ in storage.post_process({each: (SOURCES, each) for each in names}) if old in BUNDLES
    }
    text = (tmp_path / hashed_names[name]).read_text()
    markers = {
        "site.css": {".footer {", ".prose {"},
        "article.css": {".callout {", ".post-link {"},
        "complete.css": {".callout {", ".plan {"},
        "site.js": {"Escape", "impressionUrl"},
        "admin_theme.css": {".submit-row"},
    }[Path(name).name]
    assert all(marker in text for marker in markers)
    # On slow lines, each packet beyond the first ten delays the first paint.
    assert not name.endswith(".css") or not ("/*" in text or "\n " in text)
    assert not name.endswith(".js") or not re.search(r"^\s*//", text, re.MULTILINE)
    assert all((tmp_path / f"{hashed_names[name]}{extension}").exists() for extension in (".zst", ".br", ".gz"))


def test_a_missing_part_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "all.css").write_text('@import "./gone.css";\n')
    with pytest.raises(FileNotFoundError):
        bundled("all.css", FileSystemStorage(tmp_path))


def test_every_style_sheet_and_script_that_all_pages_need_is_bundled() -> None:
    folder, admin = Path(SOURCES.path("site")), Path(SOURCES.path("admin_theme"))
    bundled_files = {part for name in BUNDLES for part in parts(name)} | {Path(SOURCES.path(name)) for name in BUNDLES}
    # theme.js must run before the first paint; only pages with videos, references, terms or exercises, and people of the admin,
    # load the others.
    exercises = (
        "body-finder.js",
        "exercise-card.js",
        "exercise-guide.js",
        "exercise-timer.js",
        "plan-storage.js",
        "my-plan.js",
        "print-page.js",
    )
    scripts = ("theme.js", "video.js", "citations.js", "glossary.js", "popover.js", "edit-bar.js", *exercises)
    styles = ("edit-bar.css", "print.css")
    unbundled = {folder / "js" / name for name in scripts} | {folder / "css" / name for name in styles}
    assert {*folder.glob("css/*.css"), *folder.glob("js/*.js"), *admin.glob("*.css")} == bundled_files | unbundled
