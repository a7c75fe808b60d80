"""What an export contains, as the reader returns it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Author:
    """An author. A creator without an author element has only a `login`."""

    login: str
    email: str = ""
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    wp_id: str = ""
    # Only guest authors have them: HTML, and the WordPress ID of a photo.
    bio: str = ""
    portrait_id: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A category, tag or other term, identified by (taxonomy, slug)."""

    taxonomy: str
    slug: str
    name: str
    parent_slug: str = ""
    description: str = ""
    wp_id: str = ""


@dataclass(frozen=True, slots=True)
class TermRef:
    """A term that an item refers to."""

    taxonomy: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. `approved` is the WordPress value: "1", "0", "spam", "trash" or "post-trashed"."""

    comment_id: int
    author: str
    email: str
    url: str
    ip: str
    posted_at: datetime | None
    body: str
    approved: str
    kind: str
    parent_id: int
    user_id: str  # "0" for visitors, "" if the export does not say


@dataclass(frozen=True, slots=True)
class Item:
    """A post, page, attachment, menu entry or other item that WordPress stores as a post."""

    post_id: int
    post_type: str
    status: str
    title: str
    slug: str
    link: str
    guid: str
    creator: str
    body: str
    excerpt: str
    published_at: datetime | None
    modified_at: datetime | None
    parent_id: int
    menu_order: int
    is_sticky: bool
    password: str
    comment_status: str
    attachment_url: str
    terms: tuple[TermRef, ...]
    meta: tuple[tuple[str, str], ...]
    comments: tuple[Comment, ...]
