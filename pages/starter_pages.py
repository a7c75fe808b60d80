"""The pages every new site needs: drafts with placeholders to fill in, or the published ones of the demo."""

import tomllib
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from images.models import Image
from pages.models import Page, Service
from richtext.sanitizer import sanitize

FOLDER = Path(__file__).parent / "starters"
# Each role has a file. A parent comes before the pages below it.
ROLES = (
    Page.Role.ABOUT,
    Page.Role.SERVICES,
    Page.Role.CONTACT,
    Page.Role.PRIVACY,
    Page.Role.HEALTH_DATA,
    Page.Role.DISCLAIMERS,
    Page.Role.TERMS,
    Page.Role.EDITORIAL,
)
_FIELDS = ("title", "slug", "excerpt", "show_in_menu", "body")


def load_starter(role: str) -> dict[str, Any]:
    """Return the fields of the starter page for `role`; `parent` is the role of the page above it."""
    _, front_matter, body = (FOLDER / f"{role}.html").read_text(encoding="utf-8").split("+++", 2)
    return tomllib.loads(front_matter) | {"body": body}


def role_at_path(path: str) -> str | None:
    """Return the role of the starter page at `path`, with or without its parent's path, or None."""
    for role in ROLES:
        starter = load_starter(role)
        prefix = f"{load_starter(starter['parent'])['slug']}/" if "parent" in starter else ""
        if path in (starter["slug"], prefix + starter["slug"]):
            return role
    return None


def is_unchanged(page: Page) -> bool:
    """Return whether `page` is still the starter draft, and nobody has begun to edit it."""
    if page.role not in ROLES or page.status != Page.Status.DRAFT:
        return False
    starter = load_starter(page.role)
    original = (starter["title"], starter.get("excerpt", ""), sanitize(starter["body"]))
    return (page.title, page.excerpt, page.body) == original and not page.autosaves.exists()


@transaction.atomic
def create_starter_pages() -> list[Page]:
    """Create the missing starter pages as drafts and return them. Existing pages, even trashed ones, stay."""
    pages = (_create_page(role, load_starter(role), Page.Status.DRAFT) for role in ROLES)
    return [page for page in pages if page]


@transaction.atomic
def create_demo_pages(demo: dict[str, Any]) -> list[Page]:
    """Create the missing pages with the demo's texts, published, and the demo's services if there are none.

    `demo` has the texts by role in `page` and the rows of services in `service`.
    """
    created = []
    for role in ROLES:
        fields = load_starter(role) | demo["page"].get(role, {})
        if page := _create_page(role, fields, Page.Status.PUBLISHED):
            created.append(page)
    if not Service.objects.exists():
        _create_services(demo["service"])
    return created


def _create_services(rows: list[dict[str, Any]]) -> None:
    for position, row in enumerate(rows, start=1):
        fields = {name: value for name, value in row.items() if name != "image"}
        image = Image.objects.filter(title=f"Demo: {row['image']}").first()
        Service.objects.create(**fields, image=image, position=position)


def _create_page(role: str, fields: dict[str, Any], status: str) -> Page | None:
    """Create the page for `role`; return None if it exists or its path is taken."""
    if Page.objects.filter(role=role).exists():
        return None
    parent = Page.objects.filter(role=fields["parent"]).first() if "parent" in fields else None
    page = Page(role=role, parent=parent, status=status, **{name: fields[name] for name in _FIELDS if name in fields})
    page.published_at = timezone.now() if status == Page.Status.PUBLISHED else None
    try:
        page.validate_path(page.computed_path)
    except ValidationError:
        return None
    page.save()
    return page
