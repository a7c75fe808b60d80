"""Load the body regions, conditions and goals of the demo, and assign its posts and exercises to them."""

import tomllib
from pathlib import Path
from typing import Any

from blog.models import Post
from exercises.models import BodyRegion, Condition, Exercise, FinderEntry, Goal

_FILE = Path(__file__).parent / "finder.toml"
_MODELS: dict[str, type[FinderEntry]] = {"region": BodyRegion, "condition": Condition, "goal": Goal}
_CONTENT: dict[str, type[Post] | type[Exercise]] = {"post": Post, "exercise": Exercise}


def load_finder() -> None:
    """Create what is missing. Posts and exercises that have an assignment are left as they are."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    entries = {name: _load_entries(model, data[name]) for name, model in _MODELS.items()}
    for kind, model in _CONTENT.items():
        unassigned = {"body_regions": None, "conditions": None, "goals": None}
        for row in model._default_manager.filter(slug__in=data[kind], **unassigned):
            for name, by_slug in entries.items():
                field = getattr(row, _MODELS[name].field_name)
                field.set(by_slug[slug] for slug in data[kind][row.slug].get(f"{name}s", ()))


def _load_entries(model: type[FinderEntry], rows: list[dict[str, Any]]) -> dict[str, FinderEntry]:
    entries = {}
    for position, row in enumerate(rows):
        fields = row | ({"red_flags": "\n".join(row["red_flags"])} if "red_flags" in row else {})
        found, _ = model._default_manager.get_or_create(slug=row["slug"], defaults=fields | {"position": position})
        entries[row["slug"]] = found
    return entries
