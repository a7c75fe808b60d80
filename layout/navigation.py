"""The public pages, categories and the author that menus, footers and other parts of the layout link to."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, cached_property

from accounts.models import Author
from blog.models import Category
from exercises.models import Exercise
from pagecache.per_version import once_per_version
from pages.models import Page


class Navigation:
    """What all pages link to, loaded when first used."""

    @cached_property
    def pages(self) -> list[Page]:
        """All public pages in menu order, without their text."""
        return list(Page.objects.published().in_order().without_text())

    @cached_property
    def author(self) -> Author | None:
        """The author who represents the site."""
        return Author.objects.all().site_author()

    @cached_property
    def categories(self) -> list[Category]:
        """The main categories, each with those below it."""
        return Category.objects.all().tree()

    @cached_property
    def has_exercises(self) -> bool:
        """Whether the page of all exercises shows any."""
        return Exercise.objects.published().exists()

    @cached_property
    def by_role(self) -> dict[str, Page]:
        """The pages that have a role, by role."""
        return {page.role: page for page in self.pages if page.role}

    @property
    def menu_pages(self) -> list[Page]:
        """The pages that are shown in menus."""
        return [page for page in self.pages if page.show_in_menu]

    @property
    def policies(self) -> list[Page]:
        """The policy pages in their fixed order."""
        return [self.by_role[role] for role in Page.POLICIES if role in self.by_role]


def get_navigation(request: HttpRequest) -> Navigation:
    """Return the navigation data, shared by all requests until the site changes."""
    navigation: Navigation | None = getattr(request, "navigation", None)
    if navigation is None:
        navigation = once_per_version(request, "navigation", Navigation)
        request.navigation = navigation  # type: ignore[attr-defined]
    return navigation


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Provide `navigation`, `categories` and `site_author` to templates."""
    data = SimpleLazyObject(lambda: get_navigation(request))
    return {
        "navigation": data,
        "categories": SimpleLazyObject(lambda: data.categories),
        "site_author": SimpleLazyObject(lambda: data.author),
    }
