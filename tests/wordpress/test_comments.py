"""Comments arrive as they were: threads, dates, states, and links to single comments."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts.models import Author
from blog.models import Post
from comments.models import Comment, CommentSettings, Discussion
from outbox.sending import queues
from pages.models import Page
from tests.factories import make_post
from tests.wordpress.conftest import EXPORTS
from tests.wordpress.exports import HEAD, TAIL, Writer, item
from wordpress.comments import to_comment_html
from wordpress.importing import import_exports
from wordpress.models import ImportedObject, ImportRun
from wordpress.reader import read_export
from wordpress.report import Report

pytestmark = pytest.mark.django_db


def comment(number: int, **values: Any) -> str:
    fields = {
        "author": "Sam",
        "author_email": "sam@example.org",
        "author_url": "",
        "author_IP": "192.0.2.7",
        "date": "2020-05-02 12:00:00",
        "date_gmt": "2020-05-02 10:00:00",
        "content": f"Words {number}",
        "approved": "1",
        "type": "comment",
        "parent": 0,
        "user_id": 0,
    } | values
    inner = "".join(f"<wp:comment_{name}><![CDATA[{value}]]></wp:comment_{name}>" for name, value in fields.items())
    return f"<wp:comment><wp:comment_id>{number}</wp:comment_id>{inner}</wp:comment>"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Report]:
    """Import files, each given as the text of its items, in one run."""

    def run(*files: str) -> Report:
        exports = []
        for number, items in enumerate(files):
            path = tmp_path / f"{number}.xml"
            path.write_text(HEAD + items + TAIL)
            exports.append(read_export(path))
        report = Report()
        import_exports(exports, report)
        return report

    return run


def status(text: str) -> str:
    return f"<wp:comment_status>{text}</wp:comment_status>"


def rows() -> list[list[Any]]:
    models: tuple[Any, ...] = (Comment, Discussion, CommentSettings, ImportedObject)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_states_and_kinds(run: Callable[..., Report], client: Client) -> None:
    more = "".join(
        [
            comment(1, content="Shown one"),
            comment(2, content="Waiting", approved="0"),
            comment(3, content="Buy pills", approved="spam"),
            comment(4, content="Thrown away", approved="trash"),
            comment(5, content="[…] linked […]", type="pingback"),
            comment(6, content="Note to the team", type="note"),
            comment(7, content="Older export", type=""),
            comment(8, content="Gone with its post", approved="post-trashed"),
        ]
    )
    report = run(item(1, more=status("open") + more))
    assert dict(Comment.objects.values_list("imported_id", "status")) == {1: "approved", 2: "pending", 7: "approved"}
    assert (report.comments["created"], report.comments["skipped"]) == (3, 5)
    assert "Comments: 3 created, 5 skipped." in list(report.lines())
    page = client.get("/post-1/").content.decode()
    assert ("Shown one" in page, "Waiting" in page, "pills" in page, "team" in page) == (True, False, False, False)
    assert ' id="comment-1"' in page
    assert "sam@example.org" not in page
    assert not any("192.0.2.7" in str(row) for model in rows() for row in model)


def test_nobody_gets_an_email(run: Callable[..., Report]) -> None:
    run(item(1, more=comment(1) + comment(2, approved="0")))
    assert [list(queue.due()) for queue in queues()] == [[] for _ in queues()]
    assert mail.outbox == []


def test_an_answer_finds_what_it_answers_in_any_order_and_file(run: Callable[..., Report]) -> None:
    first = item(1, more=comment(5, parent=9) + comment(9) + comment(10, parent=404) + comment(11, parent=20))
    second = item(1, more=comment(20, parent=5))
    run(first)
    parents = dict(Comment.objects.values_list("imported_id", "parent__imported_id"))
    assert parents == {5: 9, 9: None, 10: None, 11: None}
    run(second)
    assert dict(Comment.objects.values_list("imported_id", "parent__imported_id")) == parents | {20: 5, 11: 20}


def test_loops_of_answers_are_cut(run: Callable[..., Report]) -> None:
    run(item(1, more=comment(1, parent=2) + comment(2, parent=3) + comment(3, parent=1) + comment(4, parent=4)))
    parents = dict(Comment.objects.values_list("imported_id", "parent__imported_id"))
    assert parents == {1: None, 2: 3, 3: 1, 4: None}


def test_a_second_run_changes_nothing(run: Callable[..., Report]) -> None:
    export = item(1, more=status("closed") + comment(1) + comment(2, parent=1)) + item(2, more=status("closed"))
    run(export)
    before = rows()
    report = run(export)
    assert rows() == before
    assert report.comments == {"unchanged": 2}


def test_an_interrupted_run_is_completed(run: Callable[..., Report], monkeypatch: pytest.MonkeyPatch) -> None:
    export = item(1, more=comment(1, parent=2)) + item(2, more=comment(3)) + item(3, more=comment(2))
    monkeypatch.setattr("wordpress.item_batches.BATCH_ITEMS", 1)
    create = Comment.objects.bulk_create
    monkeypatch.setattr(type(Comment.objects), "bulk_create", _fail_at(2, create))
    with pytest.raises(KeyboardInterrupt):
        run(export)
    assert Comment.objects.count() == 1
    monkeypatch.undo()
    run(export)
    assert list(Comment.objects.order_by("imported_id").values_list("imported_id", flat=True)) == [1, 2, 3]
    assert ImportedObject.objects.filter(kind="comment").count() == 3


def _fail_at(call: int, create: Callable[..., Any]) -> Callable[..., Any]:
    calls = []

    def bulk_create(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == call:
            raise KeyboardInterrupt
        return create(*args, **kwargs)

    return bulk_create


def test_what_moderators_did_here_stays(run: Callable[..., Report]) -> None:
    run(item(1, more=comment(1) + comment(2, approved="0") + comment(3, approved="0") + comment(4)))
    Comment.objects.filter(imported_id=1).moderate(Comment.Status.TRASH)
    Comment.objects.filter(imported_id=4).delete()
    report = run(item(1, more=comment(1, content="New") + comment(2) + comment(3, approved="0") + comment(4)))
    assert dict(Comment.objects.values_list("imported_id", "status")) == {1: "trash", 2: "approved", 3: "pending"}
    assert report.comments == {"conflict": 1, "updated": 1, "unchanged": 1, "skipped": 1}


def test_authors_are_recognized_by_their_user_and_not_by_an_address(run: Callable[..., Report]) -> None:
    head = "<wp:author><wp:author_id>7</wp:author_id><wp:author_login>kim</wp:author_login>"
    head += "<wp:author_email>kim@old.example</wp:author_email><wp:author_display_name>Kim Doe</wp:author_display_name>"
    more = comment(1, user_id=7, author="kim", author_url="https://old.example")
    more += comment(2, user_id=0, author_email="kim@old.example")
    run(head + "</wp:author>" + item(1, creator="kim", more=more))
    author = Author.objects.get(name="Kim Doe")
    assert dict(Comment.objects.values_list("imported_id", "author")) == {1: author.pk, 2: None}
    assert Comment.objects.get(imported_id=1).name == "Kim Doe"


def test_whether_a_post_accepts_comments_stays(run: Callable[..., Report]) -> None:
    run(
        item(1, more=status("closed"))
        + item(2, more=status("open") + comment(1))
        + item(3, kind="page", more=status("open") + comment(2))
        + item(4, kind="page", more=status("open"))
    )
    options = CommentSettings.load()
    found = {str(each.document.slug): each.is_open(options) for each in Discussion.objects.all()}
    assert found == {"post-1": False, "post-2": True, "post-3": True}
    assert options.is_enabled
    assert not Discussion.objects.of(Page.objects.get(slug="post-4")).is_open(options)


def test_comments_are_turned_on_only_if_any_arrived_and_nobody_decided(run: Callable[..., Report]) -> None:
    run(item(1, more=comment(1, approved="0")))
    assert not CommentSettings.load().is_enabled
    CommentSettings.objects.create(pk=1, is_enabled=False)
    run(item(1, more=comment(2)))
    assert not CommentSettings.load().is_enabled


def test_comments_on_skipped_items_stay_behind(run: Callable[..., Report]) -> None:
    report = run(item(1, status="trash", more=comment(1)) + item(2, kind="product", more=comment(2)))
    assert Comment.objects.count() == 0
    assert report.comments == {"skipped": 2}
    assert Post.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One\nline\n\nTwo", "<p>One<br>line</p>\n<p>Two</p>"),
        ("See [1] and [gallery]", "<p>See [1] and [gallery]</p>"),
        ("Tea &amp; salt &lt;b&gt;", "<p>Tea &amp; salt &lt;b&gt;</p>"),
        (
            '<a href="https://example.org/" onclick="x()">This</a>, http://example.com/x.',
            '<p><a href="https://example.org/" rel="nofollow ugc">This</a>, '
            '<a href="http://example.com/x" rel="nofollow ugc">http://example.com/x</a>.</p>',
        ),
        ("<script>alert(1)</script><b>Bold</b> <img src=x onerror=y>", "<p>Bold</p>"),
        ('<a href="javascript:alert(1)">Click</a>', "<p>Click</p>"),
        ("<ul><li>A</li><li>B</li></ul>", "<p>A</p>\n<p>B</p>"),
        ("<blockquote>Quoted</blockquote>Answer", "<p>Quoted</p>\n<p>Answer</p>"),
        ("\x00 \x01 ", ""),
    ],
)
def test_bodies_have_paragraphs_breaks_and_links_only(text: str, expected: str) -> None:
    assert to_comment_html(text) == expected
    assert to_comment_html(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, it’s 50% better!",
        "  Two  spaces ",
        "See http://example.com/a-b (or https://x.org/?a=1).",
        '"Ja," sagt Änne.',
    ],
)
def test_sentences_become_the_same_html_as_any_other_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = to_comment_html(text)
    monkeypatch.setattr("wordpress.comments._SENTENCES", re.compile(r"(?!)"))
    assert to_comment_html(text) == short
    assert short.startswith("<p>")


def test_undo_removes_comments_unless_someone_changed_or_answered_them(write: Writer) -> None:
    make_post(slug="here")
    call_command("import_wordpress", write(item(1, more=comment(1)), item(2, more=comment(2) + comment(3))))
    changed, answered = Comment.objects.get(imported_id=2), Comment.objects.get(imported_id=3)
    Comment.objects.filter(pk=changed.pk).moderate(Comment.Status.TRASH)
    answered.reply(Author.objects.get(name="Robin"), "Welcome")
    Post.objects.filter(slug="post-2").update(title="Changed here")
    call_command("import_wordpress", undo=ImportRun.objects.get().pk)
    remaining = Comment.objects.filter(author=None).order_by("imported_id")
    assert list(remaining.values_list("imported_id", flat=True)) == [2, 3]
    assert not Discussion.objects.exclude(post__slug="post-2").exists()
    assert not CommentSettings.objects.exists()


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports are not available")
@pytest.mark.parametrize(
    "name", ["themeunittestdata.wordpress.xml", "pelican-wordpressexport.xml", "genesis-sample.xml"]
)
def test_the_counts_of_a_real_export_arrive(name: str) -> None:
    export = read_export(EXPORTS / name)
    expected = Counter[tuple[str, str]]()
    parents = 0
    for each in export.items():
        wanted = [c for c in each.comments if c.kind in {"", "comment"} and c.approved in {"0", "1"}]
        if each.post_type in {"post", "page"} and each.status != "trash":
            expected.update((each.title.strip(), {"0": "pending", "1": "approved"}[c.approved]) for c in wanted)
            parents += sum(c.parent_id in {other.comment_id for other in wanted} for c in wanted)
    import_exports([export], Report())
    comments = Comment.objects.select_related("discussion__post", "discussion__page", "parent")
    assert Counter((each.discussion.document.title, each.status) for each in comments) == expected
    assert comments.exclude(parent=None).count() == parents
