"""The reference index is updated by every save and delete."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey
from django.db.models.deletion import ProtectedError
from django.test.utils import CaptureQueriesContext

from accounts.models import Author
from blog.models import Category, Post, PostTemplate, Snippet
from images.models import Image
from pages.models import Page
from publishing.revisions import publish_pending_edit
from richtext import references
from richtext.links import site_path
from richtext.references import Reference, ReferenceSource
from tests.factories import make_author, make_category, make_image, make_page, make_post, make_posts

pytestmark = pytest.mark.django_db


def link(href: str) -> str:
    return f'<p><a href="{href}">there</a></p>'


def figure(image: Image) -> str:
    return f'<figure><img data-image="{image.pk}"></figure>'


def paths_of(row: ReferenceSource) -> set[str | None]:
    return set(Reference.objects.from_row(row).filter(path__isnull=False).values_list("path", flat=True))


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/knee/", "knee"),
        ("/knee?x=1#y", "knee"),
        ("/%D0%BA/", "к"),
        ("http://testserver/category/a/", "category/a"),
        ("HTTP://WWW.TESTSERVER:80/x/../go//mat?a#b", "go/mat"),
        ("//testserver/go/mat/", "go/mat"),
        ("..\\%67o\\mat", "go/mat"),
        ("/", ""),
        ("http://testserver", ""),
        ("//elsewhere.example.com/knee/", None),
        ("https://example.com/knee/", None),
        ("mailto:a@example.com", None),
        ("#part", None),
        ("?page=2", None),
        ("", None),
        ("http://[", None),
        ("/%00", None),
        ("/" + "x" * 501, None),
    ],
)
def test_a_link_is_indexed_by_its_path(href: str, path: str | None) -> None:
    assert site_path(href) == path


def test_saving_a_text_updates_its_references() -> None:
    image, snippet = make_image(), Snippet.objects.create(name="Visit", body="<p>x</p>")
    embed = f'<div data-embed="snippet" data-id="{snippet.pk}"></div>'
    outside = "https://Shop.Example.com/roller?tag=a"
    post = make_post(body=figure(image) + embed + link("/a/") + link("/b/#c") + link("/b/") + link(outside))
    assert paths_of(post) == {"a", "b"}
    assert {row.target for row in post.outgoing_references.filter(target_id__isnull=False)} == {image, snippet}
    assert list(post.outgoing_references.exclude(host="").values_list("host", "url")) == [("shop.example.com", outside)]
    post.body = link("/b/")
    post.save()
    assert paths_of(post) == {"b"}
    assert post.outgoing_references.count() == 1


def test_every_kind_of_source_is_found_by_what_it_refers_to() -> None:
    image = make_image()
    sources = [
        make_post(featured_image=image),
        make_page(body=figure(image)),
        make_category(image=image),
        make_author(long_bio=figure(image)),
        Snippet.objects.create(name="S", body=figure(image)),
        PostTemplate.objects.create(name="T", body=figure(image)),
    ]
    assert set(Reference.objects.to(image).sources()) == set(sources)
    assert Reference.objects.to(make_image()).sources() == []


def test_saving_other_fields_does_not_change_references() -> None:
    post = make_post(body=link("/a/"))
    Post.objects.filter(pk=post.pk).update(body="<p>x</p>")
    deferred = Post.objects.defer("body").get(pk=post.pk)
    with CaptureQueriesContext(connection) as queries:
        deferred.save(update_fields=["title"])
    assert not any("richtext_reference" in query["sql"] for query in queries)
    assert paths_of(post) == {"a"}


def test_an_unchanged_text_writes_nothing() -> None:
    post = make_post(body=link("/a/"))
    with CaptureQueriesContext(connection) as queries:
        post.save()
    written = [query["sql"] for query in queries if "richtext_reference" in query["sql"]]
    assert [sql.split()[0] for sql in written] == ["SELECT"]


def test_a_failed_save_leaves_the_index_as_it_was() -> None:
    post, other = make_post(body=link("/a/")), make_post()
    post.body, post.slug = link("/b/"), other.slug
    with pytest.raises(IntegrityError), transaction.atomic():
        post.save()
    assert paths_of(post) == {"a"}


@pytest.mark.parametrize("is_queryset", [True, False])
def test_deleting_a_source_deletes_its_references(is_queryset: bool) -> None:
    post, other = make_post(body=link("/a/")), make_post(body=link("/a/"))
    Post.objects.filter(pk=post.pk).delete() if is_queryset else post.delete()
    assert Reference.objects.to_path("a").sources() == [other]


def test_syncing_many_rows_takes_the_queries_of_one() -> None:
    make_posts(3, categories=[make_category()], tags=[], body=link("/a/"))
    posts = list(Post.objects.all())
    assert len(Reference.objects.to_path("a").sources()) == 3
    Post.objects.update(body=link("/b/"))
    costs = []
    for number in (1, 2):
        rows = [Post.objects.get(pk=post.pk) for post in posts[number - 1 : 2 * number - 1]]
        with CaptureQueriesContext(connection) as queries:
            references.sync(rows)
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert len(Reference.objects.to_path("b").sources()) == 3


def test_a_rebuild_repairs_the_whole_index() -> None:
    post, page = make_post(body=link("/a/")), make_page(body=link("/a/"))
    Reference.objects.all().delete()
    Post.objects.filter(pk=post.pk).update(body=link("/b/"))
    references.rebuild()
    assert (paths_of(post), paths_of(page)) == ({"b"}, {"a"})


def test_a_pending_edit_is_listed_as_its_document_and_is_not_public() -> None:
    image, post = make_image(), make_post(body=link("/a/"))
    data = post.snapshot() | {"body": link("/b/") + figure(image), "featured_image": image.pk}
    edit = post.pending_edits.create(data=data)
    (source,) = Reference.objects.to(image).sources()
    assert (source, source.reference_owner) == (edit, post)
    assert set(Reference.objects.to(image).values_list("field", flat=True)) == {"data"}
    assert not Reference.objects.from_public().to_path("b").exists()
    publish_pending_edit(edit)
    assert Reference.objects.to(image).sources() == [post]
    assert Reference.objects.from_public().to_path("b").sources() == [post]


def test_only_what_visitors_see_counts_as_public() -> None:
    author = make_author(long_bio=link("/a/"))
    shown = [author, make_post(body=link("/a/"), author=author), Snippet.objects.create(name="S", body=link("/a/"))]
    make_post(body=link("/a/"), status=Post.Status.DRAFT)
    PostTemplate.objects.create(name="T", body=link("/a/"))
    assert set(Reference.objects.from_public().to_path("a").sources()) == set(shown)


def test_an_image_in_use_is_not_deleted() -> None:
    image = make_image()
    page = make_page(body=figure(image))
    with pytest.raises(ProtectedError) as caught, transaction.atomic():
        Image.objects.filter(pk=image.pk).delete()
    assert caught.value.protected_objects == {page}
    page.body = "<p>x</p>"
    page.save()
    image.delete()
    assert not Image.objects.exists()


def test_listeners_get_added_and_removed_references(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str | None] = []
    monkeypatch.setattr(references, "_listeners", [lambda changed: found.extend(each.path for each in changed)])
    post = make_post(body=link("/a/"))
    post.body = link("/b/")
    post.save()
    post.delete()
    assert found == ["a", "a", "b", "b"]


def test_sources_take_one_query_per_model_and_omit_long_texts() -> None:
    image = make_image()
    for _ in range(3):
        make_post(body=figure(image))
        make_category(image=image)
    Reference.objects.to(image).sources()  # warms the content types
    with CaptureQueriesContext(connection) as queries:
        sources = Reference.objects.to(image).sources()
    assert len(queries) == 3
    assert {type(source) for source in sources} == {Post, Category}
    assert all("body" in source.get_deferred_fields() for source in sources if isinstance(source, Post))


def _foreign_keys_to_images() -> Iterator[tuple[str, str]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is Image:
                yield model._meta.label, field.name


def test_every_foreign_key_to_an_image_is_indexed() -> None:
    missing = [
        f"{label}.{name}"
        for label, name in _foreign_keys_to_images()
        if name not in getattr(apps.get_model(label), "reference_fields", ())
    ]
    assert missing == []


def test_every_field_named_for_the_index_exists() -> None:
    for model in references.source_models():
        for name in model.reference_fields:
            model._meta.get_field(name)
    assert {Post, Page, Category, Author, Snippet, PostTemplate} <= set(references.source_models())
