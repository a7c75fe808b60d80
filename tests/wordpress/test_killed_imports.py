"""Imports whose process is killed go on in the next one: nothing is lost, nothing is there twice."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from blog.models import Post
from comments.models import Comment
from redirects.models import Redirect
from tests.databases import database_environment
from tests.wordpress.exports import Writer, item
from wordpress import runs
from wordpress.files import store_uploads
from wordpress.models import ImportRun, ReportRow
from wordpress.report_summary import matches_files, summarize

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
POSTS = 220
KILLED_AFTER = (40, 130)


def post(number: int) -> str:
    """Return a post with two comments, a link to a later post, and an image that is missing."""
    comments = "".join(
        f"<wp:comment><wp:comment_id>{number * 10 + nth}</wp:comment_id><wp:comment_author>Ann</wp:comment_author>"
        f"<wp:comment_date_gmt>2020-06-0{nth} 10:00:00</wp:comment_date_gmt>"
        f"<wp:comment_content>Answer {nth}</wp:comment_content><wp:comment_approved>1</wp:comment_approved>"
        f"<wp:comment_type>comment</wp:comment_type><wp:comment_parent>{number * 10 + nth - 1 if nth > 1 else 0}"
        "</wp:comment_parent></wp:comment>"
        for nth in (1, 2)
    )
    later = number % POSTS + 1
    body = (
        f'<a href="https://old.example/2020/post-{later}/">More</a> in words.\n\n'
        f'<img src="https://old.example/wp-content/uploads/{number}.jpg" alt="A knee">'
    )
    return item(number, body=body, more=comments, link=f"https://old.example/2020/post-{number}/")


def pages() -> list[str]:
    return [
        item(900, kind="page", slug="a"),
        item(901, kind="page", slug="b", parent=900, link="https://old.example/b/"),
    ]


def result() -> dict[str, Any]:
    """Return what visitors see and what the report says, without numbers that depend on the order."""
    posts = Post.objects.order_by("slug")
    latest = ImportRun.objects.latest("pk")
    return {
        "posts": [(post.slug, post.title, post.plain_text(), post.status, post.published_at) for post in posts],
        "links": [post.body.partition('href="')[2].partition('"')[0] for post in posts],
        "categories": [sorted(category.path for category in post.categories.all()) for post in posts],
        "tags": [sorted(str(tag) for tag in post.tags.all()) for post in posts],
        "comments": sorted(
            Comment.objects.values_list("discussion__post__slug", "body", "parent__body", "posted_at", "status")
        ),
        "redirects": sorted(Redirect.objects.values_list("old_path", "target")),
        "report": [(line.kind, line.in_files, line.outcomes) for line in summarize(latest)],
        "rows": sorted(ReportRow.objects.filter(run=latest).values_list("kind", "title", "source", "outcome")),
    }


def kill_after(posts: int, command: list[str], environment: dict[str, str]) -> None:
    """Start the command, and kill it when there are that many posts."""
    process = subprocess.Popen(command, cwd=django_settings.BASE_DIR, env=environment)
    deadline = time.monotonic() + 120
    while Post.objects.count() < posts:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL
    assert posts <= Post.objects.count() < POSTS


def by_hand(path: Path) -> Callable[[], list[str]]:
    return lambda: ["import_wordpress", str(path)]


def in_admin(path: Path) -> Callable[[], list[str]]:
    run = ImportRun.objects.create(task=ImportRun.Task.IMPORT, options={"media": ""})
    store_uploads(run, [SimpleUploadedFile("site.xml", path.read_bytes())])
    run.state = ImportRun.State.QUEUED
    run.save()
    return lambda: ["continue_import"]


@pytest.mark.parametrize("start", [by_hand, in_admin])
def test_import_killed_twice_ends_like_one_that_was_not(
    write: Writer, settings: Any, tmp_path: Path, start: Callable[[Path], Callable[[], list[str]]]
) -> None:
    settings.DATA_DIR = tmp_path
    path = Path(write(*[post(number) for number in range(1, POSTS + 1)], *pages()))
    environment = database_environment() | {"DATA_DIR": str(tmp_path)}
    arguments = start(path)
    for posts in KILLED_AFTER:
        kill_after(posts, [sys.executable, "-m", "django", *arguments()], environment)
        runs.release_interrupted()
        assert ImportRun.objects.get().state in {"queued", "failed"}
    connection.close()
    call_command(*arguments())
    run = ImportRun.objects.get()
    assert (run.state, run.error) == ("done", "")
    assert matches_files(run)
    after_kills = result()
    assert len(after_kills["posts"]) == POSTS
    assert len(after_kills["comments"]) == 2 * POSTS
    assert after_kills["redirects"] == [("/b", "/a/b/")]
    assert {row.outcome for row in run.rows.filter(kind="post")} == {"created"}
    call_command("import_wordpress", undo=run.pk)
    assert not Post.objects.exists()
    call_command("import_wordpress", str(path))
    assert result() == after_kills
