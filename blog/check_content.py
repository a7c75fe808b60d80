"""The content that the checks of the checklist look at, and what they report."""

from functools import cached_property
from typing import Any, NamedTuple

from lxml.html import HtmlElement

from blog.models import PostTemplate, Snippet
from images.models import Image
from publishing.models import Snapshot
from richtext.analysis import Analysis, analyze
from richtext.sanitizer import parse


class Content:
    """The content of a snapshot, with what several checks need."""

    def __init__(self, data: Snapshot) -> None:
        self.data = data

    def __getitem__(self, name: str) -> Any:
        value = self.data.get(name) or ""
        return value.strip() if isinstance(value, str) else value

    @cached_property
    def tree(self) -> HtmlElement:
        """The body as a tree."""
        return parse(self["body"] or "<p></p>")

    @cached_property
    def text(self) -> str:
        """The text of the body."""
        return " ".join(self.tree.itertext())

    @cached_property
    def analysis(self) -> Analysis:
        """The headings and words of the body."""
        return analyze(self["body"]) if self["body"] else Analysis(0, (), frozenset())

    @cached_property
    def links(self) -> list[str]:
        """The distinct URLs that the body links to, in order."""
        return list(dict.fromkeys(link.get("href") or "" for link in self.tree.iter("a")))

    @cached_property
    def callouts(self) -> dict[str, list[HtmlElement]]:
        """The callouts of the body and of its snippets, by kind."""
        pks = [pk for kind, pk in self.analysis.embeds if kind == "snippet"]
        bodies = Snippet.objects.filter(pk__in=pks).values_list("body", flat=True) if pks else ()
        found: dict[str, list[HtmlElement]] = {}
        for root in (self.tree, *map(parse, bodies)):
            for aside in root.iter("aside"):
                found.setdefault(aside.get("data-callout") or "", []).append(aside)
        return found

    @cached_property
    def template(self) -> PostTemplate | None:
        """The kind of post."""
        return PostTemplate.objects.defer("body").filter(pk=self["template"]).first() if self["template"] else None

    @cached_property
    def images_without_own_alt(self) -> list[Image]:
        """The images that use the alt text from the library: the featured image, and those in the body without one."""
        pks = {int(img.get("data-image") or 0) for img in self.tree.iter("img") if img.get("alt") is None}
        return list(Image.objects.filter(pk__in=pks | {self["featured_image"] or 0}))


class Problem(NamedTuple):
    """What a check found, in one sentence.

    `url` is the place to change if it is not the check's field. In the body, `place` is the text of the heading, the
    URL of the link or the ID of the image. `action` is what a click can do about it, such as to remove something.
    """

    message: str
    url: str = ""
    place: str = ""
    action: str = ""
