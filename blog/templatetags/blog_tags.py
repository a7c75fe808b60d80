"""Template tags for categories, posts, pagination and small pieces of markup."""

import re
from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from blog.disclaimers import DisclaimerRules
from blog.models import Category, Post
from blog.share_kit import ShareKit, make_share_kit
from images.og_images import cover_html
from images.renditions import image_html
from pagecache.per_version import html_per_version, once_per_version
from pagecache.versions import versions_of
from publishing.models import Document
from richtext.analysis import excerpt
from richtext.heading_levels import closed_levels
from richtext.missing_texts import text_of_page
from richtext.placement import insert_after_paragraph
from richtext.problems import render_one
from richtext.rendering import render
from siteinfo.models import Appearance

register = template.Library()

MIN_HEADINGS_FOR_CONTENTS = 3
# More of a text than its excerpt repeats.
OPENING = 2000
_EMPHASIZED = re.compile(r"\*([^*]+)\*")


@register.simple_tag
def page_numbers(page: Page) -> list[int | str]:
    """Return the page numbers to link to, with an ellipsis for those left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag(takes_context=True)
def page_url(context: Context, number: int) -> str:
    """Return the URL of page `number` of the current list, with the context's `query_string` if there is one."""
    parameters = [context.get("query_string", ""), f"page={number}" if number > 1 else ""]
    query = "&".join(filter(None, parameters))
    return context["request"].path + (f"?{query}" if query else "")


@register.simple_tag(takes_context=True)
def post_body(context: Context) -> SafeString:
    """Return the text of the context's post."""
    request, post = context["request"], context["post"]
    if not _is_public_page(context):
        return text_of_page(request, post, lambda: render(post.body))

    def render_body() -> SafeString:
        return _with_signup(render(post.body), context)

    # The version of the path changes with the text, that of the site with everything embedded in it.
    version = versions_of(request).page
    return text_of_page(request, post, lambda: html_per_version(request, ("body", post.pk), render_body, version))


def _with_signup(text: SafeString, context: Context) -> SafeString:
    """Return a text with the newsletter's form where the owner wants it."""
    paragraph = context["site"].signup_paragraph
    if not paragraph:
        return text
    variables: dict[Any, Any] = context.flatten()
    form = render_to_string("newsletter/_signup.html", variables | {"location": "text"})
    return insert_after_paragraph(text, paragraph, form)


@register.simple_tag(takes_context=True)
def disclaimer(context: Context, post: Post | None) -> SafeString:
    """Return the disclaimer of a post; without one, the default. The link leads to the page with all of them."""
    rules: DisclaimerRules = once_per_version(context["request"], "disclaimers", DisclaimerRules.load)
    text = rules.for_post(post) if post else rules.default
    if not text:
        return SafeString("")
    page = context["navigation"].by_role.get("disclaimers") if "navigation" in context else None
    return render_to_string("blog/_disclaimer.html", {"text": text, "page": page})


@register.simple_tag(takes_context=True)
def linked_posts(context: Context) -> SafeString:
    """Return cards of related posts, and links to the posts before and after the context's post."""
    post = context["post"]
    appearance = context["appearance"]
    if not _is_public_page(context):
        return _linked_posts(post, appearance)
    return html_per_version(context["request"], ("linked posts", post.pk), lambda: _linked_posts(post, appearance))


@register.simple_tag(takes_context=True)
def post_footer(context: Context) -> SafeString:
    """Return what follows the text of the context's post, up to the first ad: sharing, tags, author, feedback."""

    def render_footer() -> SafeString:
        variables: dict[Any, Any] = context.flatten()
        return render_to_string("blog/_post_footer.html", variables)

    if not _is_public_page(context):
        return render_footer()
    return html_per_version(context["request"], ("post footer", context["post"].pk), render_footer)


def _linked_posts(post: Post, appearance: Appearance) -> SafeString:
    return render_to_string("blog/_linked_posts.html", post.linked_posts()._asdict() | {"appearance": appearance})


def _is_public_page(context: Context) -> bool:
    """Return whether the page of a post shows what visitors see, and not a draft or a preview."""
    return context["post"].is_published and not context.get("is_preview")


@register.simple_tag(takes_context=True)
def entry(context: Context, post: Post, is_first: bool = False) -> SafeString:
    """Return a post in a list. The first image on a page is loaded eagerly.

    The list may set `level`, the level of the heading, and `sizes`, those of the image.
    """
    level, sizes = context.get("level"), context.get("sizes")

    def render_entry() -> SafeString:
        variables = {
            "post": post,
            "level": level,
            "sizes": sizes,
            "is_first": is_first,
            "appearance": context["appearance"],
        }
        return render_to_string("blog/_entry.html", variables)

    return html_per_version(context["request"], ("entry", post.pk, level, sizes, is_first), render_entry)


@register.simple_tag(takes_context=True)
def featured_image(context: Context, document: Document, sizes: str = "100vw", is_first: bool = False) -> SafeString:
    """Return the image of a post or page in a list: its own, or a cover if the owner wants covers, or ""."""
    image = getattr(document, "featured_image", None)
    if image and not image.is_missing:
        return image_html(image, shape="card", sizes=sizes or "100vw", alt="", is_first=bool(is_first))
    appearance: Appearance = context["appearance"]
    if appearance.covers != Appearance.Covers.DRAWN:
        return SafeString("")
    category = getattr(document, "primary_category", None)
    return cover_html(document.title, category.name if category else "", appearance, is_first=bool(is_first))


@register.simple_tag(takes_context=True)
def share_kit(context: Context, post: Post) -> ShareKit:
    """Return the images and captions to share `post` with."""
    return make_share_kit(post, context["site"], context["appearance"])


@register.simple_tag
def popular_posts(count: int) -> list[Post]:
    """Return the `count` most popular public posts."""
    return Post.objects.published().popular(count)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return a decorative icon from the sprite."""
    url = f"{static('site/img/sprite.svg')}#{name}"
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', url)


@register.filter
def assigned_to(tree: list[Category], post: Post) -> list[Category]:
    """Return the categories of `post` in the order of the tree."""
    assigned = set(post.categories.all())
    return [category for category in _walk(tree) if category in assigned]


@register.filter
def subcategories_of(tree: list[Category], category: Category) -> list[Category]:
    """Return the direct subcategories of `category`."""
    return next((each.subcategories for each in _walk(tree) if each == category), [])


@register.filter
def second_level(tree: list[Category]) -> list[Category]:
    """Return the categories directly below the top-level ones."""
    return [category for top_level in tree for category in top_level.subcategories]


@register.filter
def with_counts(categories: list[Category], counts: dict[str, int]) -> list[tuple[Category, int]]:
    """Return the categories that have a count, each with its count. `counts` is keyed by category path."""
    return [(category, counts[category.path]) for category in categories if category.path in counts]


def _walk(tree: list[Category]) -> Iterator[Category]:
    for category in tree:
        yield category
        yield from _walk(category.subcategories)


@register.filter
def standfirst(post: Post) -> str:
    """Return the excerpt, or "" if the text begins with it, as it does after a “more” tag of WordPress."""
    beginning = render_one(post, "its page", lambda: excerpt(post.body[:OPENING], words=200), "")
    opening, own = (" ".join(text.split()) for text in (beginning, post.excerpt))
    return "" if own and opening.startswith(own[:60]) else own


@register.filter
def table_of_contents(headings: list[tuple[int, str, str]]) -> list[tuple[str, str]]:
    """Return the ids and texts of the headings shown at level 2, or nothing if there are too few."""
    levels = closed_levels(level for level, _, _ in headings)
    main = [(heading_id, text) for level, (_, heading_id, text) in zip(levels, headings, strict=True) if level == 2]
    return main if len(main) >= MIN_HEADINGS_FOR_CONTENTS else []


@register.filter
def wordmark(name: str) -> SafeString:
    """Return the site's name with the last of several words emphasized."""
    first, _, last = name.strip().rpartition(" ")
    return format_html("{} <em>{}</em>", first, last) if first else escape(last)


@register.filter
def emphasize(text: str) -> SafeString:
    """Return `text` with the parts between asterisks emphasized."""
    return mark_safe(_EMPHASIZED.sub(r"<em>\1</em>", escape(text)))  # noqa: S308 - escaped first
