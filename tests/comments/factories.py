"""Create comments and submit the form."""

from typing import Any
from uuid import uuid4

from django.test import Client

from blog.models import Post
from comments.models import Comment, CommentSettings, Discussion
from pages.models import Page
from public_forms.forms import issue_token
from tests.factories import make_post

SAME_ORIGIN = {"origin": "http://testserver"}
WORDS = "My knee likes the stairs again."


def turn_on(**values: Any) -> CommentSettings:
    """Turn comments on."""
    settings = CommentSettings.load()
    for name, value in ({"is_enabled": True} | values).items():
        setattr(settings, name, value)
    settings.pk = settings.singleton_instance_id
    settings.save()
    return settings


def make_comment(document: Post | Page | None = None, **overrides: Any) -> Comment:
    """Create an approved comment, unless `status=` says otherwise, on a new post or on `document`."""
    discussion = Discussion.objects.get_or_create_of(document or make_post())
    fields = {
        "discussion": discussion,
        "name": "Robin",
        "body": f"<p>{WORDS}</p>",
        "status": Comment.Status.APPROVED,
        "next_attempt_at": None,
    }
    return Comment.objects.create(**fields | overrides)


def send(client: Client, document: Post | Page, **changes: str) -> Any:
    """Submit the form a minute after opening it, with `changes`, and return the response."""
    data = {"name": "Robin", "email": "robin@example.org", "body": WORDS, "website": ""}
    data |= {"token": issue_token("comments", age=60)} | changes
    return client.post(f"/comments/write{document.get_absolute_url()}", data, headers=SAME_ORIGIN)


def new_key() -> Any:
    return uuid4()
