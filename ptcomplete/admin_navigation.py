"""The rail of the admin: the pages a user may open, in the sections an author thinks in."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.urls import reverse

# What each section lists: models, all models of an app, or pages without a model. The first that the user may open is
# the section's own link. Apps that no section names are listed under SETTINGS.
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Posts",
        "pen",
        (
            "blog.post",
            "publishing.review",
            "blog",
            "comments.comment",
            "feedback",
            "evidence.source",
            "evidence.term",
            "evidence.disclaimer",
            "exercises",
        ),
    ),
    ("Pages", "page", ("pages",)),
    ("Images", "image", ("images.image", "images.video", "instagram.instagrampost")),
    ("Newsletter", "mail", ("newsletter.campaign", "newsletter.sequence", "newsletter.subscriber", "newsletter")),
    ("Shop", "shop", ("affiliates.product", "affiliates", "ads")),
    ("Analytics", "chart", ("analytics",)),
    ("Appearance", "look", ("appearance", "layout", "wordpress.importedmenu")),
    ("People", "people", ("contact.message", "contact.reply", "accounts")),
)
SETTINGS = ("Settings", "settings", ("siteinfo",))


class Entry(NamedTuple):
    """A page in a section."""

    name: str
    url: str
    is_current: bool


class Section(NamedTuple):
    """A link of the rail, with its pages."""

    name: str
    icon: str
    url: str
    is_current: bool  # the page being shown belongs to the section
    entries: list[Entry]


def build_sections(apps: Iterable[dict[str, Any]], path: str) -> list[Section]:
    """Return the sections for the page at `path`, from the apps and models that the user may open."""
    models = [(app["app_label"], model) for app in apps for model in app["models"] if model["admin_url"]]
    urls = [model["admin_url"] for _, model in models]
    current = max((url for url in urls if path.startswith(url)), key=len, default="")
    index = reverse("admin:index")
    sections = [Section("Dashboard", "dashboard", index, path == index, [])]
    for name, icon, keys in SECTIONS:
        found = [pair for key in keys for pair in models if key in {pair[0], _key(*pair)}]
        # A model that is named, and whose app is too, is listed once, where it is named first.
        found = [pair for number, pair in enumerate(found) if pair not in found[:number]]
        models = [pair for pair in models if pair not in found]
        sections += _section(name, icon, found, current)
    name, icon, keys = SETTINGS
    models.sort(key=lambda pair: pair[0] not in keys)
    return [*sections, *_section(name, icon, models, current)]


def _section(name: str, icon: str, models: list[tuple[str, dict[str, Any]]], current: str) -> list[Section]:
    entries = [Entry(str(model["name"]), model["admin_url"], model["admin_url"] == current) for _, model in models]
    if not entries:
        return []
    return [Section(name, icon, entries[0].url, any(entry.is_current for entry in entries), entries)]


def _key(app_label: str, model: dict[str, Any]) -> str:
    return f"{app_label}.{model['object_name'].lower()}"
