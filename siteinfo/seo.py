"""What one page tells search engines and other sites about itself: said once, by its view.

`templates/site/_meta.html` writes it into the page's head, together with the facts of the site.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.utils.translation import get_language

from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

# What search results show of a description; more is cut off there in the middle of a word.
DESCRIPTION_LIMIT = 155


class Crumb(NamedTuple):
    """A step of the way from the home page: its words and its root-relative address."""

    name: str
    path: str


class Picture(NamedTuple):
    """A picture as other sites show it: absolute address, size, what it shows."""

    url: str
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as search engines and other sites see it.

    `title` is without the site's name, `whole_title` replaces both, `step` is its short form at the end of the way
    to the page. `path` is the page's one root-relative address,
    `number` which part of a long list this is, `above` the way to it. `nodes` say what the page is about, the first
    of them above all. A page that is not public yet (`is_public`) gives away neither address nor facts.
    """

    title: str
    description: str
    path: str
    whole_title: str = ""
    step: str = ""
    kind: str = "WebPage"  # a type of page that schema.org knows
    number: int = 1
    above: tuple[Crumb, ...] = ()
    picture: Picture | None = None
    nodes: tuple[Node, ...] = ()
    canonical_url: str = ""  # where the same text was before
    published_at: date | None = None
    updated_at: date | None = None
    is_indexed: bool = True
    is_public: bool = True

    @property
    def address(self) -> str:
        """The absolute address of this very page."""
        return absolute_url(self.path) + (f"?page={self.number}" if self.number > 1 else "")

    @property
    def canonical(self) -> str:
        """The address that search engines should show."""
        return self.canonical_url or self.address

    @property
    def headline(self) -> str:
        """The title; a later part of a list says which."""
        return f"{self.title}, page {self.number}" if self.number > 1 else self.title

    @property
    def summary(self) -> str:
        """The description; no two parts of a list have the same."""
        return shortened(f"Page {self.number}: {self.description}") if self.number > 1 else self.description

    @property
    def shared_as(self) -> str:
        """What kind of thing it is to sites that show links: the types of the Open Graph protocol."""
        return {"ProfilePage": "profile"}.get(self.kind, "article" if self.published_at else "website")

    @property
    def trail(self) -> tuple[Crumb, ...]:
        """The whole way, with this page at its end; nothing on the home page."""
        return (*self.above, Crumb(self.step or self.title, self.path)) if self.above else ()

    def node(self, site_id: str, picture_id: str) -> Node:
        """The page in the graph, as a part of the site."""
        return node(
            self.kind,
            id=self.address,
            url=self.address,
            name=self.headline,
            description=self.summary,
            isPartOf={"@id": site_id},
            inLanguage=get_language(),
            breadcrumb={"@id": f"{self.address}#breadcrumb"} if self.trail else None,
            mainEntity={"@id": self.nodes[0]["@id"]} if self.nodes else None,
            primaryImageOfPage={"@id": picture_id},
            datePublished=self.published_at,
            dateModified=self.updated_at,
        )

    def trail_node(self) -> Node | None:
        """The way to the page in the graph: the same steps that readers see."""
        steps = [
            node("ListItem", position=position, name=step.name, item=absolute_url(step.path))
            for position, step in enumerate(self.trail, start=1)
        ]
        return node("BreadcrumbList", id=f"{self.address}#breadcrumb", itemListElement=steps) if steps else None


def shortened(text: str, limit: int = DESCRIPTION_LIMIT) -> str:
    """`text` on one line, cut behind a word if it is longer than `limit`."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(".,;:–— ") + "…"
