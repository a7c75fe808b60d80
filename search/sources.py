"""The kinds of documents that search covers. To make another kind searchable, add a `Source` to `SOURCES`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from affiliates.models import Product
from blog.models import Category, Post, TaggedPost
from evidence.models import Term
from exercises.models import Exercise
from pages.models import Page
from search.models import IndexEntry


@dataclass(frozen=True)
class Source:
    """A kind of document.

    `published` returns those that visitors can see at a time. `build_entries` makes unsaved entries of documents;
    `load_cards` loads, by primary key, what `template` shows in the results.
    """

    model: type[Model]
    published: Callable[[datetime], QuerySet[Any]]
    build_entries: Callable[[Any], Iterable[IndexEntry]]
    load_cards: Callable[[Iterable[int]], Iterable[Model]]
    template: str

    @property
    def documents(self) -> Any:
        """Return all documents, public or not."""
        return self.model._default_manager.all()

    @property
    def content_type(self) -> ContentType:
        """Return the content type stored in the entries."""
        return ContentType.objects.get_for_model(self.model)


def _post_entries(posts: Iterable[Post]) -> Iterator[IndexEntry]:
    for post, entry in entries_with_taxonomy(posts):
        entry.title = post.title
        entry.summary = "\n".join(filter(None, (post.excerpt, post.tldr)))
        entry.body = post.plain_text()
        yield entry


def entries_with_taxonomy(posts: Iterable[Post]) -> Iterator[tuple[Post, IndexEntry]]:
    """Return each post with an entry that holds its categories and tags, but no text yet."""
    posts_by_pk = {post.pk: post for post in posts}
    categories, tags = defaultdict[int, list[Category]](list), defaultdict[int, list[str]](list)
    # Plain rows instead of prefetch_related, which would add half to the time of a rebuild.
    in_category = Post.categories.through.objects.filter(post__in=posts_by_pk).order_by("pk")
    pairs = list(in_category.values_list("post", "category"))
    categories_by_pk = Category.objects.in_bulk() if pairs else {}
    for post_pk, category_pk in pairs:
        categories[post_pk].append(categories_by_pk[category_pk])
    tagged = TaggedPost.objects.filter(content_object__in=posts_by_pk).order_by("pk")
    for post_pk, tag in tagged.values_list("content_object", "tag__name"):
        tags[post_pk].append(tag)
    for pk, post in posts_by_pk.items():
        names = [category.name for category in categories[pk]] + tags[pk]
        top_level = {_top_level(category, categories_by_pk).path for category in categories[pk]}
        yield post, IndexEntry(object_id=pk, keywords=", ".join(names), categories="/" + "".join(sorted(top_level)))


def _top_level(category: Category, categories_by_pk: dict[int, Category]) -> Category:
    """Follow the parents instead of reading `path`, which subcategories only get after the parent has moved."""
    while category.parent_id:
        category = categories_by_pk[category.parent_id]
    return category


def _page_entries(pages: Iterable[Page]) -> Iterator[IndexEntry]:
    for page in pages:
        yield IndexEntry(object_id=page.pk, title=page.title, summary=page.excerpt, body=page.plain_text())


def _product_entries(products: Iterable[Product]) -> Iterator[IndexEntry]:
    for product in products:
        yield IndexEntry(
            object_id=product.pk,
            title=product.name,
            summary=f"{product.reason}\n{product.audience}",
            body=f"{product.pros}\n{product.cons}",
        )


def _exercise_entries(exercises: Iterable[Exercise]) -> Iterator[IndexEntry]:
    for exercise in exercises:
        yield IndexEntry(
            object_id=exercise.pk,
            title=exercise.name,
            summary=exercise.goal,
            body=f"{exercise.steps}\n{exercise.equipment}",
        )


def _term_entries(terms: Iterable[Term]) -> Iterator[IndexEntry]:
    for term in terms:
        body = f"{term.variants}\n{term.details}"
        yield IndexEntry(object_id=term.pk, title=term.name, summary=term.meaning, body=body)


def _load_posts(pks: Iterable[int]) -> list[Post]:
    # Without a condition for public posts, with which SQLite reads the index of all of them.
    return [post for post in Post.objects.for_cards().filter(pk__in=pks) if post.is_published]


POSTS = Source(
    model=Post,
    published=lambda at: Post.objects.published(at),
    build_entries=_post_entries,
    load_cards=_load_posts,
    template="blog/_entry.html",
)
PAGES = Source(
    model=Page,
    published=lambda at: Page.objects.published(at),
    build_entries=_page_entries,
    load_cards=lambda pks: Page.objects.published().filter(pk__in=pks).select_related("featured_image").without_text(),
    template="pages/_entry.html",
)
PRODUCTS = Source(
    model=Product,
    published=lambda at: Product.objects.published(),
    build_entries=_product_entries,
    load_cards=lambda pks: Product.objects.published().filter(pk__in=pks).select_related("image", "section"),
    template="affiliates/_entry.html",
)
EXERCISES = Source(
    model=Exercise,
    published=lambda at: Exercise.objects.published(),
    build_entries=_exercise_entries,
    load_cards=lambda pks: Exercise.objects.published().filter(pk__in=pks).prefetch_related("images__image"),
    template="exercises/_entry.html",
)
TERMS = Source(
    model=Term,
    published=lambda at: Term.objects.all(),
    build_entries=_term_entries,
    load_cards=lambda pks: Term.objects.filter(pk__in=pks),
    template="evidence/_term_entry.html",
)
SOURCES: Sequence[Source] = (POSTS, PAGES, PRODUCTS, EXERCISES, TERMS)
