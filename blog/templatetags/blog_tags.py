"""What the frame and the lists need beside their view, and small turns of markup."""

import re
from collections.abc import Iterator

from django import template
from django.core.paginator import Page
from django.template import Context
from django.templatetags.static import static
from django.utils.encoding import escape_uri_path
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Author
from blog.models import Category, Post

register = template.Library()

CHAPTERS_FOR_CONTENTS = 3
_STARRED = re.compile(r"\*([^*]+)\*")


@register.simple_tag(takes_context=True)
def category_tree(context: Context) -> list[Category]:
    """The main categories with those below them; each knows whether it holds the page's post. One query."""
    return Category.objects.all().tree(context.get("post"))


@register.simple_tag(takes_context=True)
def site_author(context: Context) -> Author | None:
    """The author whom the frame introduces, if there is one. One query, unless the view has asked already."""
    return context.get("site_author") or Author.objects.all().site_author()


@register.simple_tag
def page_numbers(page: Page) -> list[int | str]:
    """The numbers of a pager, with an ellipsis for those left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag(takes_context=True)
def page_url(context: Context, number: int) -> str:
    """Return the URL of page `number` of the current list, with the context's `query_string` if there is one."""
    parameters = [context.get("query_string", ""), f"page={number}" if number > 1 else ""]
    query = "&".join(filter(None, parameters))
    return context["request"].path + (f"?{query}" if query else "")


@register.simple_tag
def popular_posts(count: int) -> list[Post]:
    """The `count` public posts most read lately, or else the featured and the newest. One query."""
    return Post.objects.published().popular(count)


@register.simple_tag(takes_context=True)
def current(context: Context, address: str) -> SafeString:
    """The attribute that marks a link to `address` as the page the reader is on."""
    is_here = escape_uri_path(context["request"].path) == address
    return SafeString(' aria-current="page"' if is_here else "")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite."""
    address = f"{static('site/img/sprite.svg')}#{name}"
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


@register.filter
def holding_post(tree: list[Category]) -> list[Category]:
    """The categories of `tree` that hold the page's post."""
    return [category for category in _walk(tree) if category.holds_post]


@register.filter
def below(tree: list[Category], category: Category) -> list[Category]:
    """The categories of `tree` right below `category`."""
    return next((each.below for each in _walk(tree) if each.pk == category.pk), [])


@register.filter
def subtopics(tree: list[Category]) -> list[Category]:
    """The categories right below the main ones."""
    return [category for main in tree for category in main.below]


@register.filter
def with_counts(categories: list[Category], counts: dict[str, int]) -> list[tuple[Category, int]]:
    """Return the categories with a count, each with it. `counts` is keyed by category path."""
    return [(category, counts[category.path]) for category in categories if category.path in counts]


def _walk(tree: list[Category]) -> Iterator[Category]:
    for category in tree:
        yield category
        yield from _walk(category.below)


@register.filter
def chapters(headings: list[tuple[int, str, str]]) -> list[tuple[str, str]]:
    """Anchor and words of a post's main headings; none when they are too few for a table of contents."""
    found = [(anchor, words) for level, anchor, words in headings if level == 2]
    return found if len(found) >= CHAPTERS_FOR_CONTENTS else []


@register.filter
def wordmark(name: str) -> SafeString:
    """A site's name as its mark: the last of several words stands out."""
    first, _, last = name.strip().rpartition(" ")
    return format_html("{} <em>{}</em>", first, last) if first else escape(last)


@register.filter
def starred(words: str) -> SafeString:
    """Words in which those between *stars* are emphasised."""
    return mark_safe(_STARRED.sub(r"<em>\1</em>", escape(words)))  # noqa: S308 - escaped first
