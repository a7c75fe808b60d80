"""The pages that a new site should have: drafts with marked places to fill in, or those of the demo, public."""

import tomllib
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from images.models import Image
from pages.models import Page, Service
from richtext.sanitizer import sanitize

HERE = Path(__file__).parent / "starters"
# Each has a file of its name. A page is named by its role; a parent comes before the pages below it.
ROLES = (
    Page.Role.ABOUT,
    Page.Role.SERVICES,
    Page.Role.CONTACT,
    Page.Role.PRIVACY,
    Page.Role.DISCLAIMERS,
    Page.Role.TERMS,
    Page.Role.EDITORIAL,
)


def starter(role: str) -> dict[str, Any]:
    """The starter page for `role`: its facts, and its `body`."""
    _, head, body = (HERE / f"{role}.html").read_text(encoding="utf-8").split("+++", 2)
    return tomllib.loads(head) | {"body": body}


def role_at(place: str) -> str | None:
    """The role of the starter page that lies at `place`, or would at the root; None if none does."""
    for role in ROLES:
        facts = starter(role)
        above = f"{starter(facts['parent'])['slug']}/" if "parent" in facts else ""
        if place in (facts["slug"], above + facts["slug"]):
            return role
    return None


def is_untouched(page: Page) -> bool:
    """Whether `page` is a starter page that still says what it did at first, and that nobody is writing in."""
    if page.role not in ROLES or page.status != Page.Status.DRAFT:
        return False
    facts = starter(page.role)
    words = (facts["title"], facts.get("excerpt", ""), sanitize(facts["body"]))
    return (page.title, page.excerpt, page.body) == words and not page.autosaves.exists()


@transaction.atomic
def start_pages() -> list[Page]:
    """Make the starter pages that are missing, as drafts; those made. What is there, even in the trash, stays."""
    return [page for role in ROLES if (page := _make(role, starter(role), Page.Status.DRAFT))]


@transaction.atomic
def start_demo(facts: dict[str, Any]) -> list[Page]:
    """As `start_pages`, public and with the demo's `page` texts, and its `service` rows if there are none yet."""
    made = []
    for role in ROLES:
        page = _make(role, starter(role) | facts["page"].get(role, {}), Page.Status.PUBLISHED)
        made += [page] if page else []
    if not Service.objects.exists():
        for position, row in enumerate(facts["service"], start=1):
            image = Image.objects.filter(title=f"Demo: {row['picture']}").first()
            fields = {name: value for name, value in row.items() if name != "picture"}
            Service.objects.create(**fields, image=image, position=position)
    return made


def _make(role: str, facts: dict[str, Any], status: str) -> Page | None:
    """The page for `role`; None when it is there, or its address is another text's."""
    if Page.objects.filter(role=role).exists():
        return None
    parent = Page.objects.filter(role=facts["parent"]).first() if "parent" in facts else None
    fields = {name: facts[name] for name in ("title", "slug", "excerpt", "show_in_menu", "body") if name in facts}
    page = Page(role=role, parent=parent, status=status, **fields)
    page.published_at = timezone.now() if status == Page.Status.PUBLISHED else None
    try:
        page.validate_place(page.computed_path)
    except ValidationError:
        return None
    page.save()
    return page
