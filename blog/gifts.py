"""The gift of a post: what its sign-up forms promise, and whether it can be given."""

from typing import NamedTuple

from blog.home_programs import has_home_program
from blog.models import GiftKind, Post


class Gift(NamedTuple):
    """A gift in words for visitors."""

    kind: str
    # Names the gift within a sentence, anywhere and in its own post.
    name: str
    short_name: str
    heading: str
    # The name of its type, for buttons.
    noun: str


def gift_of(post: Post) -> Gift | None:
    """Return the gift of a post as it is public, or None without one that can be given. At most two queries."""
    if post.gift == GiftKind.SHEET and has_home_program(post):
        return Gift(
            post.gift,
            f"the exercises of “{post.title}” on one sheet (PDF)",
            "the exercise sheet as a PDF",
            "Get these exercises on one sheet",
            "exercise sheet",
        )
    if post.gift == GiftKind.FILE and post.gift_file:
        name = f"“{post.gift_file}” ({post.gift_file.description})"
        return Gift(post.gift, name, f"the file ({post.gift_file.description})", f"Get “{post.gift_file}”", "file")
    return None
