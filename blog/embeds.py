"""Render the snippets embedded in texts."""

from collections.abc import Collection

from django.utils.html import format_html

from blog.models.snippets import Snippet, embedded_pks
from richtext import embeds
from richtext.embeds import Embed, RenderTarget
from richtext.rendering import render_all
from richtext.sanitizer import parse, serialize


def resolve(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Return the HTML of each embedded snippet that exists."""
    snippets = Snippet.objects.in_bulk({embed.id for embed in wanted})
    if target is RenderTarget.EDITOR:
        placeholder = '<div data-embed="snippet" data-id="{}" data-title="{}"></div>'
        markup = {pk: str(format_html(placeholder, pk, snippet.name)) for pk, snippet in snippets.items()}
    else:
        bodies = [_without_snippets(snippet.body) for snippet in snippets.values()]
        rendered = render_all(bodies, target, is_fragment=True)
        markup = {pk: _with_prefixed_ids(body, pk) for pk, body in zip(snippets, rendered, strict=True)}
    return {embed: markup[embed.id] for embed in wanted if embed.id in markup}


def _without_snippets(body: str) -> str:
    """Remove nested snippets, so that a snippet stored inside itself cannot recurse."""
    if not embedded_pks(body, "snippet"):
        return body
    root = parse(body)
    for nested in root.xpath("//div[@data-embed='snippet']"):
        nested.drop_tree()
    return serialize(root)


def _with_prefixed_ids(markup: str, pk: int) -> str:
    """Prefix ids, because the post may have the same headings and tables."""
    root = parse(markup)
    for name in ("id", "aria-labelledby"):
        for element in root.xpath(f"//*[@{name}]"):
            element.set(name, f"snippet-{pk}-{element.get(name)}")
    return serialize(root)


def register() -> None:
    """Register the embed kind "snippet"."""
    embeds.register("snippet", Snippet, resolve)
