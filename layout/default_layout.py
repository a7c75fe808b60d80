"""The usual arrangement: what stands in an area until its author arranges it."""

from typing import Any, NamedTuple

from django.urls import reverse

from layout.block_types import Area
from layout.models import Item


class Branch(NamedTuple):
    """An item with those under it."""

    item: Item
    below: list[Item]


def _link(title: str, name: str) -> tuple[str, dict[str, Any]]:
    return "link", {"title": title, "address": reverse(name)}


def _tree(area: str) -> list[Any]:
    """The kinds of `area` in order: a name, a name with its fields, or a heading's words with what is under it."""
    if area == Area.TOP_BAR:
        return [("topics", {"number": 3}), "connect"]
    if area == Area.MAIN:
        return [
            _link("Home", "home"),
            ("Blog", [_link("All posts", "blog:post_list"), "topics"]),
            ("About", ["author-link", "pages", "shop", _link("Contact", "contact:contact")]),
            "search",
        ]
    if area == Area.MOBILE:
        return ["search", "main-menu", "connect"]
    if area == Area.HOME:
        return ["hero", "help-line", "start", "latest", "about", "join", "follow"]
    if area == Area.SIDEBAR:
        return ["author", "connect", "join", "search", "ad", "categories", "archives", "contents"]
    return [
        "brand",
        ("On the blog", [_link("All posts", "blog:post_list"), "topics"]),
        (
            "Info",
            [
                ("author-link", {"title": "About"}),
                "pages",
                "shop",
                "policies",
                _link("Contact", "contact:contact"),
                _link("RSS feed", "blog:feed"),
            ],
        ),
        "join",
    ]


def usual(area: str) -> list[Branch]:
    """The usual tree of `area`, of items that are not saved."""
    return [_branch(area, entry) for entry in _tree(area)]


def _branch(area: str, entry: Any) -> Branch:
    match entry:
        case (str(title), list(below)):
            return Branch(Item(area=area, kind="heading", title=title), [_branch(area, each).item for each in below])
        case (str(kind), dict(fields)):
            return Branch(Item(area=area, kind=kind, **fields), [])
        case kind:
            return Branch(Item(area=area, kind=kind), [])
