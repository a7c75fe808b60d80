"""Test the export of the whole site, and its import into an empty one."""

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import User
from affiliates.models import Program
from blog.models import Post
from comments.models import Comment, Discussion
from images.models import Image
from instagram.models import InstagramSettings
from newsletter.models import Campaign, Subscriber
from pages.models import Page
from publishing.models import Review
from site_export.contents import LEFT_OUT, LEFT_OUT_FIELDS, exported_fields, exported_models
from tests.accounts.all_models import make_all_models
from tests.affiliates.factories import make_comparison, make_link, make_product
from tests.evidence.factories import make_source
from tests.exercises.factories import make_exercise
from tests.factories import make_author, make_post

pytestmark = pytest.mark.django_db
_SECRET = re.compile(r"password|secret|token|access|api_?key|preview_key|private", re.IGNORECASE)
# Fields whose names only look like secrets.
_HARMLESS = {"newsletter.Subscriber.token_version", "comments.Discussion.access"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def empty_site() -> None:
    """Delete every row of the site's apps."""
    with connection.constraint_checks_disabled():
        for model in apps.get_models(include_auto_created=True):
            if model._meta.app_label not in {"contenttypes", "auth", "sites"}:
                model._base_manager.all()._raw_delete(using=connection.alias)
    for name in [image for image in default_storage.listdir("images")[1] if default_storage.exists(f"images/{image}")]:
        default_storage.delete(f"images/{name}")


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    make_all_models()
    discussion = Discussion.objects.get_or_create_of(Post.objects.published()[0])
    first = Comment.objects.create(
        discussion=discussion, name="Ann", email="ann@mail.example", body="<p>Thanks]]></p>", status="approved"
    )
    Comment.objects.create(discussion=discussion, name="Ben", body="<p>Me too</p>", status="approved", parent=first)
    InstagramSettings.objects.update_or_create(pk=1, defaults={"access_token": "SECRET-TOKEN"})
    User.objects.create_user("someone@login.example", "a-very-secret-password")
    folder = tmp_path / "export"
    call_command("export_site", str(folder))
    return folder


def test_importing_into_an_empty_site_and_exporting_again_gives_the_same_bytes(exported: Path, tmp_path: Path) -> None:
    before = contents(exported)
    assert len(before) > 50
    post = Post.objects.published().order_by("pk").first()
    assert post is not None
    empty_site()
    call_command("import_site", str(exported))
    call_command("export_site", str(tmp_path / "again"))
    after = contents(tmp_path / "again")
    assert sorted(after) == sorted(before)
    assert [name for name in before if before[name] != after[name]] == []
    assert Client().get(post.get_absolute_url()).status_code == 200
    # New rows get free numbers.
    assert Image.objects.create(file="images/x.png", width=1, height=1, title="x").pk > 0


def test_every_kind_of_file_is_there(exported: Path) -> None:
    names = set(contents(exported))
    assert {"README.md", "manifest.json", "redirects.csv", "subscribers.csv", "wordpress.xml"} <= names
    assert any(name.startswith("media/images/") for name in names)
    post = Post.objects.published().exclude(body="").order_by("pk").first()
    assert post is not None
    markdown = (exported / f"markdown/posts/{post.pk}-{post.slug}.md").read_text()
    head = dict(line.split(": ", 1) for line in markdown.split("---\n")[1].splitlines())
    assert json.loads(head["title"]) == post.title
    page = (exported / f"html/posts/{post.pk}-{post.slug}.html").read_text()
    assert "data-image" not in page
    assert "data-embed" not in page
    rows = list(csv.DictReader((exported / "subscribers.csv").open()))
    assert len(rows) == Subscriber.objects.count() > 0


def test_images_in_texts_lead_to_the_originals(exported: Path) -> None:
    pages = list((exported / "html").rglob("*.html"))
    sources = [(page, source) for page in pages for source in re.findall(r'<img src="([^"]+)"', page.read_text())]
    assert sources
    assert all((page.parent / source).resolve().is_file() for page, source in sources)


def test_secrets_are_never_exported(exported: Path) -> None:
    everything = b"".join(contents(exported).values())
    for secret in (
        b"SECRET-TOKEN",
        b"someone@login.example",
        User.objects.get(email="someone@login.example").password.encode(),
    ):
        assert secret not in everything
    for key in Post.objects.values_list("preview_key", flat=True):
        assert str(key).encode() not in everything
    # An address of a commenter is only in the rows for this program.
    assert [name for name, data in contents(exported).items() if b"ann@mail.example" in data] == [
        "data/comments.comment.jsonl"
    ]


def test_fields_that_look_like_secrets_are_left_out() -> None:
    names = [f"{model._meta.label}.{field.name}" for model in exported_models() for field in exported_fields(model)]
    assert [name for name in names if _SECRET.search(name.rpartition(".")[2]) and name not in _HARMLESS] == []
    known = {
        f"{model._meta.label}.{field.name}" for model in apps.get_models() for field in model._meta.concrete_fields
    }
    assert known >= LEFT_OUT_FIELDS
    labels = {model._meta.label for model in apps.get_models()} | {config.label for config in apps.get_app_configs()}
    assert labels >= LEFT_OUT.keys()


def test_campaigns_on_their_way_are_not_exported(exported: Path) -> None:
    lines = (exported / "data/newsletter.campaign.jsonl").read_text().splitlines()
    assert {json.loads(line)["status"] for line in lines} <= {"draft", "sent", "cancelled"}
    assert Campaign.objects.exists()


def test_site_with_content_is_refused(exported: Path) -> None:
    with pytest.raises(CommandError, match="This site already has posts"):
        call_command("import_site", str(exported))


def test_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(CommandError, match="is not an empty folder"):
        call_command("export_site", str(tmp_path))
    assert (tmp_path / "note.txt").read_text() == "mine"


def rewrite(folder: Path, name: str, old: str, new: str) -> None:
    """Replace text in a file and its digest in the manifest."""
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "data/blog.post.jsonl",
            '"status": "published"',
            '"status": "secret"',
            r"data/blog\.post\.jsonl, line \d+: “status”",
        ),
        ("data/blog.post.jsonl", '{"id"', "{", r"data/blog\.post\.jsonl, line 1: This is not JSON"),
        ("data/blog.post.jsonl", '"slug": ', '"slugg": ', r"line 1: The fields differ: slug, slugg"),
        ("data/blog.category.jsonl", '"id": ', '"id": 9999', "The rows do not fit together"),
        ("manifest.json", "data/blog.post.jsonl", "data/../../x", "data/blog.post.jsonl is missing"),
        ("manifest.json", "README.md", "../README.md", "invalid name"),
        ("manifest.json", '"version": 1', '"version": 99', "version 99"),
    ],
)
def test_wrong_files_are_named_and_nothing_is_written(
    exported: Path, name: str, old: str, new: str, message: str
) -> None:
    if name == "manifest.json":
        path = exported / name
        path.write_text(path.read_text().replace(old, new, 1))
    else:
        rewrite(exported, name, old, new)
    empty_site()
    with pytest.raises(CommandError, match=message):
        call_command("import_site", str(exported))
    assert not Post.objects.exists()
    assert not Page.objects.exists()
    assert not default_storage.listdir("images")[1]


def test_damaged_file_is_named(exported: Path) -> None:
    with (exported / "redirects.csv").open("a") as file:
        file.write("more")
    empty_site()
    with pytest.raises(CommandError, match=r"redirects\.csv is damaged"):
        call_command("import_site", str(exported))


def test_script_in_a_text_is_removed(exported: Path) -> None:
    rewrite(exported, "data/blog.post.jsonl", '"body": "', '"body": "<script>alert(1)</script><p onclick=x>Hi</p>')
    empty_site()
    call_command("import_site", str(exported))
    assert not Post.objects.filter(body__contains="script").exists()
    assert not Post.objects.filter(body__contains="onclick").exists()


def test_markdown_carries_the_review_the_references_and_the_exercises_of_a_post(tmp_path: Path) -> None:
    first, second = (
        make_source(title="Walking", doi="10.1000/walk", pmid=""),
        make_source(title="Squats", doi="", pmid="77"),
    )
    exercise = make_exercise(name="Bridge", slug="bridge")
    body = (
        f'<p>Walk.<sup data-cite="{second.pk}"></sup> Then squat.<sup data-cite="{first.pk} {second.pk}"></sup></p>'
        f'<div data-embed="exercise" data-id="{exercise.pk}"></div>'
    )
    post = make_post(title="Reviewed", slug="reviewed", body=body)
    other = make_post(title="Plain", slug="plain")
    reviewer = make_author(name="Kim Park", slug="kim-park", credentials="DPT")
    for day in (1, 9):
        Review.objects.create(
            document=post, outcome="approved", reviewer=reviewer, reviewed_on=f"2026-03-0{day}", due_on="2028-03-01"
        )
    call_command("export_site", str(tmp_path / "site"))
    head, text = (tmp_path / f"site/markdown/posts/{post.pk}-reviewed.md").read_text().split("---\n")[1:]
    values = {name: json.loads(value) for name, value in (line.split(": ", 1) for line in head.splitlines())}
    assert (values["reviewed_by"], values["reviewed_on"]) == ("Kim Park, DPT", "2026-03-09")
    assert values["review_due_on"] == "2028-03-01"
    assert [each.get("pmid") or each.get("doi") for each in values["references"]] == ["77", "10.1000/walk"]
    assert values["references"][0]["text"] == second.formatted("ama")
    assert values["exercises"] == [{"name": "Bridge", "dose": str(exercise.dose), "url": "/exercises/bridge/"}]
    assert "Walk.<sup>[1]</sup> Then squat.<sup>[1,2]</sup>" in text
    assert "## References" in text
    assert "Squats" in text
    plain = (tmp_path / f"site/markdown/posts/{other.pk}-plain.md").read_text()
    assert "reviewed_by" not in plain
    assert "references" not in plain
    assert "Walk.<sup>[<a href" in (tmp_path / "site/wordpress.xml").read_text()


def test_products_and_links_to_shops_are_part_of_the_texts(tmp_path: Path) -> None:
    program = Program.objects.create(name="Outfitter", hosts="gear.example")
    product = make_product(name="Foam roller", reason="Firm enough.")
    link = make_link(program, product=product, slug="roller", destination="https://gear.example/roller")
    comparison = make_comparison(product)
    body = (
        f'<div data-embed="product" data-id="{product.pk}"></div><p>Text <a href="/go/roller/">by slug</a>.</p>'
        f'<div data-embed="comparison" data-id="{comparison.pk}"></div>'
    )
    post = make_post(title="Rollers", slug="rollers", body=body)
    call_command("export_site", str(tmp_path / "site"))
    for path in (f"markdown/posts/{post.pk}-rollers.md", f"html/posts/{post.pk}-rollers.html", "wordpress.xml"):
        text = (tmp_path / "site" / path).read_text()
        assert "data-embed" not in text, path
        assert "Firm enough." in text, path
        assert "Verdict 0" in text, path
        assert text.count(link.shop_url) >= 3, path
        assert "/go/roller/" not in text, path
