"""Test that of texts in several languages, the one of the site is shown and the others become drafts."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Category, Post
from tests.wordpress.exports import HEAD, TAIL, Writer, all_rows, item
from wordpress.models import ImportRun, ReportRow
from wordpress.reader import read_export

pytestmark = pytest.mark.django_db
TAGS = ["<!--:en-->{}<!--:--><!--:de-->{}<!--:-->", "[:en]{}[:de]{}[:]", "{{:en}}{}{{:}}{{:de}}{}{{:}}"]
BRACKETS = TAGS[1]


def write_site(path: Path, language: str, *items: str) -> str:
    head = HEAD.replace("<link>", f"<language>{language}</language><link>", 1)
    head = head.replace("<wp:cat_name>Pain", f"<wp:cat_name>{BRACKETS.format('Pain', 'Schmerz')}")
    file = path / "export.xml"
    file.write_text(head + "".join(items) + TAIL)
    return str(file)


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize(("language", "shown", "other"), [("en-US", 0, 1), ("de-DE", 1, 0), ("", 0, 1)])
def test_the_language_of_the_site_is_shown_and_the_other_is_a_draft(
    client: Client, tmp_path: Path, tags: str, language: str, shown: int, other: int
) -> None:
    title = tags.format("Knee", "Knie").replace("<", "&lt;")
    path = write_site(
        tmp_path, language, item(1, title=title, slug="knee", body=tags.format("Bend.", "Beugen.")), item(2)
    )
    call_command("import_wordpress", path)
    post, draft = Post.objects.get(slug="knee"), Post.objects.get(slug=f"knee-{('en', 'de')[other]}")
    titles, bodies = ("Knee", "Knie"), ("<p>Bend.</p>", "<p>Beugen.</p>")
    assert (post.title, post.body, post.status) == (titles[shown], bodies[shown], Post.Status.PUBLISHED)
    assert (draft.title, draft.body) == (f"{titles[other]} ({('en', 'de')[other]})", bodies[other])
    assert draft.status == Post.Status.DRAFT
    assert Category.objects.get(slug="pain").name == ("Pain", "Schmerz")[shown]
    # Both languages had an address below that of their language.
    for url in ("/knee/", "/de/knee/", "/en/knee/", "/?p=1"):
        assert client.get(url, follow=True).request["PATH_INFO"] == post.get_absolute_url()
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


def test_each_language_counts_as_a_text_and_can_be_undone(write: Writer) -> None:
    path = write(
        item(1, title=BRACKETS.format("Knee", "Knie"), body=BRACKETS.format("Bend.", "Beugen.")),
        item(2, title=BRACKETS.format("Hip", "Hüfte"), body=BRACKETS.format("Only English.", "")),
    )
    export = read_export(Path(path))
    assert export.counts["post"] == len(list(export.items("post"))) == 3
    assert "Those in “de” become drafts" in " ".join(export.warnings)
    call_command("import_wordpress", path)
    assert ReportRow.objects.filter(kind="post").count() == 3
    assert dict(Post.objects.values_list("title", "body")) == {
        "Knee": "<p>Bend.</p>",
        "Knie (de)": "<p>Beugen.</p>",
        "Hip": "<p>Only English.</p>",
    }
    call_command("import_wordpress", undo=ImportRun.objects.get().pk)
    assert not Post.objects.exists()
