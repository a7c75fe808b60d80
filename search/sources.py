"""Which documents can be found. A room with documents of its own adds a `Source` to the list."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from affiliates.models import Product
from blog.models import Category, Post, TaggedPost
from pages.models import Page
from search.models import Entry


@dataclass(frozen=True)
class Source:
    """A kind of document: `read` makes entries of the given ones, `cards` loads what `template` shows of them.

    Its default queryset has `published()`: those that readers may see now.
    """

    model: type[Model]
    read: Callable[[Any], Iterable[Entry]]
    cards: Callable[[Iterable[int]], Iterable[Model]]
    template: str

    @property
    def documents(self) -> Any:
        """All of them, public or not."""
        return self.model._default_manager.all()

    @property
    def content_type(self) -> ContentType:
        """Its kind, as entries name it."""
        return ContentType.objects.get_for_model(self.model)


def _posts(posts: Any) -> Iterable[Entry]:
    for post, entry in placed(posts):
        entry.title = post.title
        entry.summary = "\n".join(filter(None, (post.excerpt, post.tldr)))
        entry.body = post.plain_text()
        yield entry


def placed(posts: Any) -> Iterable[tuple[Post, Entry]]:
    """Each post with an entry that knows where the post stands: its categories, its tags."""
    # Straight from the rows between: to prefetch takes a third of the time of a rebuild.
    found = {post.pk: post for post in posts}
    categories = Category.objects.in_bulk()
    places, tags = defaultdict[int, list[Category]](list), defaultdict[int, list[str]](list)
    for post, category in (
        Post.categories.through.objects.filter(post__in=found).order_by("pk").values_list("post", "category")
    ):
        places[post].append(categories[category])
    for post, tag in (
        TaggedPost.objects.filter(content_object__in=found).order_by("pk").values_list("content_object", "tag__name")
    ):
        tags[post].append(tag)
    for key, post in found.items():
        names = [category.name for category in places[key]] + tags[key]
        mains = {_main(category, categories).path for category in places[key]}
        yield post, Entry(object_id=key, keywords=", ".join(names), topics="/" + "".join(sorted(mains)))


def _main(category: Category, categories: dict[int, Category]) -> Category:
    """The main category above. By the rows above and not by `path`: while a branch moves, its paths follow last."""
    while category.parent_id:
        category = categories[category.parent_id]
    return category


POSTS = Source(
    model=Post,
    read=_posts,
    cards=lambda keys: Post.objects.published().filter(pk__in=keys).for_cards(),
    template="blog/_entry.html",
)
PAGES = Source(
    model=Page,
    read=lambda pages: (
        Entry(object_id=page.pk, title=page.title, summary=page.excerpt, topics="/", body=page.plain_text())
        for page in pages
    ),
    cards=lambda keys: Page.objects.published().filter(pk__in=keys).select_related("featured_image").without_text(),
    template="pages/_entry.html",
)
PRODUCTS = Source(
    model=Product,
    read=lambda products: (
        Entry(
            object_id=product.pk,
            title=product.name,
            summary=f"{product.reason}\n{product.audience}",
            topics="/",
            body=f"{product.pros}\n{product.cons}",
        )
        for product in products
    ),
    cards=lambda keys: Product.objects.published().filter(pk__in=keys).select_related("picture", "shelf"),
    template="affiliates/_entry.html",
)
SOURCES: Sequence[Source] = (POSTS, PAGES, PRODUCTS)
