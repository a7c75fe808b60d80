"""SEO metadata: what a page declares to search engines and to sites that link to it.

A view builds a `PageMeta`; `templates/site/_meta.html` renders it into the page's head.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.utils.translation import get_language

from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

# Search results cut off longer descriptions, often in the middle of a word.
DESCRIPTION_LIMIT = 155


class Breadcrumb(NamedTuple):
    """A link in the breadcrumb trail; `path` is root-relative."""

    name: str
    path: str


class ShareImage(NamedTuple):
    """The image that other sites show beside a link to the page; `url` is absolute."""

    url: str
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMeta:
    """The metadata of one page."""

    title: str  # without the site name
    description: str
    path: str  # root-relative, without a query
    full_title: str = ""  # replaces both the title and the site name in <title>
    breadcrumb_title: str = ""  # a shorter title for the breadcrumb trail
    schema_type: str = "WebPage"  # a subtype of https://schema.org/WebPage
    page_number: int = 1  # of a paginated list
    ancestors: tuple[Breadcrumb, ...] = ()  # from the home page down
    image: ShareImage | None = None
    nodes: tuple[Node, ...] = ()  # structured data of what the page is about, the main entity first
    citations: tuple[Node, ...] = ()  # works that the page cites, unless one of `nodes` does
    parts: tuple[Node, ...] = ()  # works that the page shows, such as exercises
    about: tuple[Node, ...] = ()  # what the page is about, such as a part of the body
    canonical_url: str = ""  # set if the content was published elsewhere first
    published_at: date | None = None
    updated_at: date | None = None
    reviewed_on: date | None = None  # the day of the medical review that the page names
    reviewer: Node | None = None  # who reviewed it
    is_indexed: bool = True
    is_public: bool = True  # False for drafts and previews, which reveal neither URL nor structured data

    @property
    def url(self) -> str:
        """The page's absolute URL."""
        return absolute_url(self.path) + (f"?page={self.page_number}" if self.page_number > 1 else "")

    @property
    def canonical(self) -> str:
        """The URL that search engines should index."""
        return self.canonical_url or self.url

    @property
    def headline(self) -> str:
        """The title, with the page number from page 2 on."""
        return f"{self.title}, page {self.page_number}" if self.page_number > 1 else self.title

    @property
    def meta_description(self) -> str:
        """The description, with the page number from page 2 on so that no two pages share one."""
        return truncate(f"Page {self.page_number}: {self.description}") if self.page_number > 1 else self.description

    @property
    def og_type(self) -> str:
        """The page's Open Graph type."""
        if self.schema_type == "ProfilePage":
            return "profile"
        return "article" if self.published_at else "website"

    @property
    def breadcrumbs(self) -> tuple[Breadcrumb, ...]:
        """The trail from the home page to this page; empty on the home page."""
        return (*self.ancestors, Breadcrumb(self.breadcrumb_title or self.title, self.path)) if self.ancestors else ()

    def webpage_node(self, website_id: str, image_id: str) -> Node:
        """Return the page as a structured data node that refers to the website and the image by id."""
        return node(
            self.schema_type,
            id=self.url,
            url=self.url,
            name=self.headline,
            description=self.meta_description,
            isPartOf={"@id": website_id},
            inLanguage=get_language(),
            breadcrumb={"@id": f"{self.url}#breadcrumb"} if self.breadcrumbs else None,
            about=[{"@id": subject["@id"]} for subject in self.about],
            mainEntity={"@id": self.nodes[0]["@id"]} if self.nodes else None,
            primaryImageOfPage={"@id": image_id},
            citation=[{"@id": cited["@id"]} for cited in self.citations],
            hasPart=[{"@id": part["@id"]} for part in self.parts],
            datePublished=self.published_at,
            dateModified=self.updated_at,
            lastReviewed=self.reviewed_on,
            reviewedBy={"@id": self.reviewer["@id"]} if self.reviewer else None,
        )

    def breadcrumb_node(self) -> Node | None:
        """Return the breadcrumb trail as a structured data node, or None on the home page."""
        if not self.breadcrumbs:
            return None
        items = [
            node("ListItem", position=position, name=crumb.name, item=absolute_url(crumb.path))
            for position, crumb in enumerate(self.breadcrumbs, start=1)
        ]
        return node("BreadcrumbList", id=f"{self.url}#breadcrumb", itemListElement=items)


def truncate(text: str, limit: int = DESCRIPTION_LIMIT) -> str:
    """Return `text` on one line, cut at a word boundary if it is longer than `limit` characters."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(".,;:–— ") + "…"
