"""Test the WordPress file of an export: it is imported by this program's own importer without loss."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from lxml import etree

from blog.models import Category, Post
from comments.models import Comment, Discussion
from images.models import Image
from pages.models import Page
from tests.accounts.all_models import make_all_models
from tests.site_export.test_site_export import empty_site
from wordpress.reader import read_export

pytestmark = pytest.mark.django_db
# The elements of an item in the order in which WordPress writes them, as far as they are here.
NAMESPACES = {
    "wp": "http://wordpress.org/export/1.2/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
}


@pytest.fixture
def exported(tmp_path: Path, settings: Any) -> Path:
    settings.SITE_URL = "https://clinic.example"
    make_all_models()
    post = Post.objects.published().order_by("pk").first()
    assert post is not None
    post.title, post.seo_title = "Five & <six> ]]> things", "An SEO title"
    post.save()
    discussion = Discussion.objects.get_or_create_of(post)
    first = Comment.objects.create(discussion=discussion, name="Ann", body="<p>Thanks]]></p>", status="approved")
    Comment.objects.create(discussion=discussion, name="Ben", body="<p>Yes</p>", status="pending", parent=first)
    Comment.objects.create(discussion=discussion, name="Spammer", body="<p>Buy</p>", status="spam")
    call_command("export_site", str(tmp_path / "export"))
    return tmp_path / "export"


def described() -> tuple[dict[str, Any], dict[str, Any], set[str]]:
    """Return the posts, the pages and the categories as far as both programs have them."""
    posts = {
        post.slug: (
            post.title,
            post.status_label,
            post.published_at and post.published_at.replace(microsecond=0),
            post.plain_text().split(),
            sorted(category.path for category in post.categories.all()),
            sorted(tag.name for tag in post.tags.all()),
            post.author.name,
            post.seo_title,
        )
        for post in Post.objects.not_trashed()
    }
    pages = {
        page.path: (page.title, page.status_label, page.plain_text().split()) for page in Page.objects.not_trashed()
    }
    return posts, pages, set(Category.objects.values_list("path", flat=True))


def test_items_are_complete_and_ids_are_unique(exported: Path) -> None:
    root = etree.parse(exported / "wordpress.xml").getroot()
    assert root.tag == "rss"
    assert root.findtext("channel/wp:wxr_version", namespaces=NAMESPACES) == "1.2"
    items = root.findall("channel/item")
    ids = [item.findtext("wp:post_id", namespaces=NAMESPACES) for item in items]
    assert (
        len(ids) == len(set(ids)) == Post.objects.not_trashed().count() + Page.objects.count() + Image.objects.count()
    )
    types = {item.findtext("wp:post_type", namespaces=NAMESPACES) for item in items}
    assert types == {"post", "page", "attachment"}
    for item in items:
        for name in ("title", "link", "dc:creator", "guid", "content:encoded", "wp:post_date", "wp:status"):
            assert item.find(name, namespaces=NAMESPACES) is not None
    text = (exported / "wordpress.xml").read_text()
    assert "data-image" not in text
    assert "Spammer" not in text


def test_own_importer_reads_the_same_posts_pages_and_comments(exported: Path) -> None:
    posts, pages, categories = described()
    export = read_export(exported / "wordpress.xml")
    comments = [comment for item in export.items() for comment in item.comments if comment.author in {"Ann", "Ben"}]
    assert [(each.author, each.approved, bool(each.parent_id)) for each in comments] == [
        ("Ann", "1", False),
        ("Ben", "0", True),
    ]
    assert comments[0].body == "<p>Thanks]]></p>"
    empty_site()
    call_command("import_wordpress", str(exported / "wordpress.xml"))
    new_posts, new_pages, new_categories = described()
    assert new_categories >= categories
    assert new_pages.keys() == pages.keys()
    for slug, post in posts.items():
        assert new_posts[slug][:3] == post[:3]
        assert new_posts[slug][4:] == post[4:]
        missing = set(post[3]) - set(new_posts[slug][3])
        assert not missing
