"""Apps depend on each other only as the layers allow; files are short and contain nothing private."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT: Path = settings.BASE_DIR
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
# From top to bottom; apps in one layer share its number.
LAYER = {
    app.strip(): number for number, layer in enumerate(CONTRACTS["contracts"][0]["layers"]) for app in layer.split("|")
}
TEXTS = {".py", ".md", ".toml", ".txt", ".html", ".css", ".js", ".svg", ".xml", ".json", ".example", ""}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
# Files and functions that may be longer, with the reason.
LONGER: dict[str, str] = {}


def relations() -> set[tuple[str, str]]:
    """Return which app's models point to which app's, many-to-many and lazy references included."""
    return {
        (model._meta.app_label, field.related_model._meta.app_label)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model
        if model._meta.app_label in LAYER and field.related_model._meta.app_label in LAYER
    }


def own_files() -> Iterator[Path]:
    """Yield the project's text files, without the environment, data and caches."""
    for folder, folders, names in ROOT.walk():
        folders[:] = [
            name for name in folders if name == ".ci" or (name[0] != "." and name not in {"data", "node_modules"})
        ]
        paths = (folder / name for name in names if Path(name).suffix in TEXTS and name not in {".env", ".git"})
        yield from (path for path in paths if path.is_file())


def test_models_point_only_downward() -> None:
    found = relations()
    assert ("blog", "images") in found
    assert {(above, below) for above, below in found if above != below and LAYER[above] >= LAYER[below]} == set()


def test_every_app_has_its_layer() -> None:
    own = {app.name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"audit", "benchmarks", "tests"}
    assert own <= packages == set(LAYER) == set(CONTRACTS["root_packages"])


@pytest.mark.parametrize("app", LAYER)
def test_an_app_is_described_in_the_architecture_overview(app: str) -> None:
    assert re.search(rf"^\| `{app}/`", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)


def test_every_template_folder_belongs_to_an_app_or_to_the_site() -> None:
    known = {app.label for app in apps.get_app_configs()} | {"django", "site", "registration"}
    assert {folder.name for folder in (ROOT / "templates").iterdir() if folder.is_dir()} <= known


def test_migrations_have_descriptive_names() -> None:
    names = [file.stem for app in LAYER for file in (ROOT / app).glob("migrations/0*.py")]
    assert names
    assert [name for name in names if "auto_" in name] == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "requirements-audit.txt"])
def test_a_lock_file_pins_by_hash_and_names_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert text.count("--hash=sha256:") > len(re.findall(r"^[a-z].*==", text, re.MULTILINE)) > 0
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links|^/", text, re.MULTILINE)


@pytest.mark.parametrize("lock", ["package-lock.json", "audit/package-lock.json"])
def test_a_package_lock_pins_by_integrity_and_names_no_registry(lock: str) -> None:
    packages = {name: package for name, package in json.loads((ROOT / lock).read_text())["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package or "integrity" not in package] == []


def test_no_file_contains_a_path_of_a_private_machine() -> None:
    private_path = re.compile(r"(?<![\w.:/])/(?:home|root|Users|work|opt|mnt)/\w")
    files = list(own_files())
    assert ROOT / "pyproject.toml" in files
    assert [str(file) for file in files if private_path.search(file.read_text(errors="replace"))] == []


def test_files_and_functions_are_short() -> None:
    sources = [
        path
        for path in own_files()
        if path.suffix == ".py" and path.parent.name != "migrations" and ROOT / "blog/demo" not in path.parents
    ]
    assert len(sources) > 300
    long = {}
    for path in sources:
        name, text = path.relative_to(ROOT).as_posix(), path.read_text()
        if text.count("\n") > MAX_FILE_LINES:
            long[name] = text.count("\n")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    long[f"{name}: {node.name}"] = lines
    assert long.keys() == LONGER.keys(), long
