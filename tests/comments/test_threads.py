"""The comments below a post: threads, long ones, links to single comments, and structured data."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html

from comments.models import Comment, Discussion
from comments.threads import MAX_DEPTH, SHOWN_AT_ONCE, load_threads
from tests.comments.factories import make_comment, turn_on
from tests.factories import make_author, make_post
from tests.structured_data import node_of_type

pytestmark = pytest.mark.django_db


def test_answers_follow_what_they_answer() -> None:
    post = make_post()
    now = timezone.now()
    first = make_comment(post, name="first", posted_at=now)
    second = make_comment(post, name="second", posted_at=now + timedelta(1))
    late = make_comment(post, name="late answer", parent=first, posted_at=now + timedelta(3))
    early = make_comment(post, name="early answer", parent=first, posted_at=now + timedelta(2))
    below = make_comment(post, name="below", parent=early, posted_at=now + timedelta(4))
    hidden = make_comment(post, name="hidden", status="spam", posted_at=now)
    orphan = make_comment(post, name="orphan", parent=hidden, posted_at=now + timedelta(5))
    entries = load_threads(Discussion.objects.get()).first
    assert [(entry.comment, entry.depth) for entry in entries] == [
        (first, 0),
        (early, 1),
        (below, 2),
        (late, 1),
        (second, 0),
        (orphan, 0),
    ]
    assert [entry.answered for entry in entries] == [None, None, None, first, None, None]


def test_depth_is_limited_in_the_layout_only() -> None:
    post = make_post()
    parent = None
    for _ in range(MAX_DEPTH + 4):
        parent = make_comment(post, parent=parent)
    depths = [entry.depth for entry in load_threads(Discussion.objects.get()).first]
    assert depths == [0, 1, 2, *[MAX_DEPTH] * 4]


def test_a_loop_of_answers_does_not_hang() -> None:
    first = make_comment()
    second = make_comment(first.discussion.document, parent=first)
    Comment.objects.filter(pk=first.pk).update(parent=second)
    assert load_threads(first.discussion).count == 0


def test_long_discussions_open_with_a_click_and_every_link_has_its_target(client: Client) -> None:
    turn_on()
    post = make_post()
    comments = [make_comment(post, imported_id=number * 7 + 1) for number in range(SHOWN_AT_ONCE + 9)]
    make_comment(post, parent=comments[SHOWN_AT_ONCE - 1])
    page = client.get(post.get_absolute_url()).content.decode()
    for comment in Comment.objects.all():
        assert page.count(f' id="{comment.anchor}"') == 1
    assert f"{SHOWN_AT_ONCE + 10} comments" in page
    assert "Show 9 more comments" in page
    assert page.index('<details class="comments-rest"') > page.index(f' id="comment-{(SHOWN_AT_ONCE - 1) * 7 + 1}"')


def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    turn_on()
    author = make_author()
    post = make_post()

    def count() -> int:
        client.get(post.get_absolute_url())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"{post.get_absolute_url()}?uncached=1")
        return len(queries)

    make_comment(post)
    few = count()
    discussion = Discussion.objects.get()
    Comment.objects.bulk_create(
        Comment(
            discussion=discussion,
            name="Robin",
            body="<p>Words</p>",
            status="approved",
            author=author if number % 3 else None,
            parent_id=Comment.objects.earliest("pk").pk if number % 2 else None,
            next_attempt_at=None,
        )
        for number in range(500)
    )
    assert count() == few


def test_authors_are_marked_and_visitors_links_get_no_credit(client: Client) -> None:
    turn_on()
    post = make_post()
    make_comment(post, website="https://example.org/", name="Robin")
    make_comment(post, author=post.author, name="Old name")
    page = client.get(post.get_absolute_url()).content.decode()
    assert '<a class="comment-name" href="https://example.org/" rel="nofollow ugc" dir="auto">Robin</a>' in page
    assert page.count("comment-badge") == 1
    assert "Old name" not in page


def test_search_engines_learn_how_many_comments_a_post_has(client: Client) -> None:
    post = make_post()
    make_comment(post, body='<p>Words <a href="https://example.org/">here</a></p>')
    make_comment(post, status="pending")

    def article() -> dict[str, Any]:
        return node_of_type(html.fromstring(client.get(post.get_absolute_url()).content), "BlogPosting")

    assert "commentCount" not in article()
    turn_on()
    assert article()["commentCount"] == 1
    (comment,) = article()["comment"]
    assert (comment["@type"], comment["text"], comment["author"]["name"]) == ("Comment", "Words here", "Robin")
