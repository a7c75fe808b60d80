"""Home, lists, search and posts load fewer styles than other pages."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.test import Client

from ptcomplete.staticfiles_storage import bundled
from tests.example_site import PAGES
from tests.factories import make_post

SOURCES = FileSystemStorage(settings.BASE_DIR / "static")
WITHOUT_TEXT = ("home", "list", "second page", "category", "sub-category", "tag", "year", "month", "archive")


def selectors(name: str) -> set[str]:
    """Return the selectors of a bundle, as if elements were in every state."""
    style = bundled(name, SOURCES)
    style = re.sub(r"/\*.*?\*/|@[^{};]+[{;]", "", style, flags=re.DOTALL)
    found = {match.strip() for match in re.findall(r"[^{}]+(?=\{)", style)}
    states = r"::?(hover|target|focus-visible|focus|backdrop|before|after|marker|details-content|-(webkit|moz)[\w-]+)"
    states += r"|:has\(tr > .+\)\)"  # Soup Sieve lacks it.
    return {re.sub(states, ":not(state)", each) for each in found}


def unstyled(html: str) -> list[str]:
    """Return the elements of a page that styles are written for which the page does not load."""
    page = BeautifulSoup(html, "html.parser")
    (sheet,) = loaded_styles(page)
    missing = selectors("site/css/complete.css") - selectors(sheet.removeprefix("/static/"))
    return [str(each)[:100] for each in page.select(", ".join(missing))] if missing else []


def loaded_styles(page: BeautifulSoup) -> list[str]:
    """Return the URLs of the style sheets that the first paint of a page waits for."""
    return [str(link["href"]) for link in page.select('link[rel="stylesheet"]:not([media])')]


def test_pages_load_the_styles_of_what_they_show(public_pages: dict[str, Any]) -> None:
    assert {path: unstyled(response.text) for path, response in public_pages.items() if unstyled(response.text)} == {}


@pytest.mark.parametrize("path", [PAGES[name] for name in WITHOUT_TEXT])
def test_home_and_lists_do_without_the_styles_of_texts(path: str, public_pages: dict[str, Any]) -> None:
    page = BeautifulSoup(public_pages[path].text, "html.parser")
    assert loaded_styles(page) == ["/static/site/css/site.css"]
    assert unstyled(public_pages[path].text.replace("</main>", '<aside class="callout"></aside></main>'))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing-is-here/", "/search/", "/search/?q=knee", "/search/?q=xyzzy"])
def test_pages_that_find_posts_load_the_styles_of_what_they_show(path: str, client: Client) -> None:
    make_post(title="The knee")
    assert unstyled(client.get(path).text) == []
