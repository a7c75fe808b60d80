"""What the site's frame shows of pages and people: fetched once a request, for views and templates alike."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import StringAgg, Subquery, TextField, Value
from django.db.models.functions import Cast, JSONObject
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property

from accounts.models import Author
from pages.models import Page
from siteinfo.seo import Breadcrumb

# What the frame needs of each page.
_SHOWN = ("id", "title", "path", "role", "show_in_menu", "position", "parent_id")


class Standing:
    """All public pages, of each only what a menu needs, in order; and the author whom the frame introduces."""

    def __init__(self, pages: Iterable[Page], author: Author | None) -> None:
        self.pages = sorted(pages, key=lambda page: (page.position, page.title))
        self.author = author
        self._by_key = {page.pk: page for page in self.pages}

    @cached_property
    def by_role(self) -> dict[str, Page]:
        """Those that the site looks up by what they are to it."""
        return {page.role: page for page in self.pages if page.role}

    @property
    def in_menu(self) -> list[Page]:
        """Those of the menu."""
        return [page for page in self.pages if page.show_in_menu]

    @property
    def policies(self) -> list[Page]:
        """The texts that readers rely on, in their order."""
        return [self.by_role[role] for role in Page.POLICIES if role in self.by_role]

    def has(self, path: str) -> bool:
        """Whether a public page lies at `path`."""
        return any(page.path == path for page in self.pages)

    def above(self, page: Page) -> tuple[Breadcrumb, ...]:
        """The way to `page` from the first page above it; what readers cannot see is left out."""
        found: list[Breadcrumb] = []
        parent = page.parent_id
        while parent is not None and (above := self._by_key.get(parent)):
            found.insert(0, Breadcrumb(above.title, above.get_absolute_url()))
            parent = above.parent_id
        return tuple(found)


def standing_of(request: HttpRequest) -> Standing:
    """What the frame shows, fetched once a request. One query."""
    found: Standing | None = getattr(request, "standing_pages", None)
    if found is None:
        found = request.standing_pages = _load()  # type: ignore[attr-defined]
    return found


def _load() -> Standing:
    """The author with all pages told as one text; on a site without an author, one query more."""
    facts = Cast(JSONObject(**{name: name for name in _SHOWN}), TextField())
    public = Page.objects.published().order_by().values("status")
    told = public.annotate(told=StringAgg(facts, Value(","))).values("told")
    author: Any = Author.objects.annotate(pages=Subquery(told)).for_frame()
    text = author.pages if author else told.values_list("told", flat=True).first()
    return Standing([Page(**row) for row in json.loads(f"[{text or ''}]")], author)


def standing(request: HttpRequest) -> dict[str, Any]:
    """The context processor that gives every template `standing` and `site_author`, fetched when it asks."""
    return {
        "standing": SimpleLazyObject(lambda: standing_of(request)),
        "site_author": SimpleLazyObject(lambda: standing_of(request).author),
    }
