"""Create suggestions, and submit the feedback forms."""

import re
from typing import Any
from uuid import uuid4

from django.test import Client
from lxml import html
from lxml.html import HtmlElement

from blog.models import Post
from feedback.models import HelpfulCount, Suggestion
from public_forms.forms import issue_token

# Matches the feedback form's button, but not the newsletter's.
SEND_BUTTON = re.compile("^Send(?! me)")
SAME_ORIGIN = {"origin": "http://testserver"}


def parse(content: bytes) -> HtmlElement:
    page: HtmlElement = html.fromstring(content)
    return page


def send(client: Client, path: str = "/feedback/knee/", **changes: str) -> Any:
    """Submit a form a minute after opening it, with `changes`, and return the response."""
    data = {"words": "Three sets, not two.", "token": issue_token("feedback", age=60)} | changes
    return client.post(path, data, headers=SAME_ORIGIN)


def answer(client: Client, choice: str = "yes", **extra: Any) -> Any:
    """Press Yes or No below the post and return the response."""
    return client.post("/feedback/knee/helpful/", {"answer": choice}, **({"headers": SAME_ORIGIN} | extra))


def make_suggestion(post: Post, **overrides: Any) -> Suggestion:
    """Create a new correction."""
    fields = {"kind": "correction", "words": "Three sets.", "submission": uuid4()}
    return Suggestion.objects.create(post=post, **fields | overrides)


def counts() -> list[tuple[int, int]]:
    return list(HelpfulCount.objects.values_list("yes", "no"))
