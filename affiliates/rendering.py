"""Render affiliate links and cards, mark them, and disclose them before the first one.

Texts contain links by slug (`/go/roller/`), cards by product, or pasted shop URLs. Every rendered text passes through
`finish`, whichever template shows it, so no link can be left without its disclosure.

Rules: 16 CFR 255 (endorsements are disclosed before the link, in plain language, where readers notice it), Google's
link attributes (rel=sponsored), the Operating Agreement of Amazon's Associates Program (direct links, none in emails).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from lxml import html
from lxml.html import HtmlElement

from affiliates import cards, shop_urls
from affiliates.cards import EMBEDS
from affiliates.disclosure import PAID_LABEL, PARTNER_LABEL
from affiliates.models import Link, Program, Sponsorship
from affiliates.models.programs import AMAZON, find_program, is_program_host
from affiliates.shop_urls import slug_in
from affiliates.structured_data import load_reviewer
from richtext import embeds
from richtext.embeds import Embed, RenderTarget
from richtext.links import matches_domain
from richtext.sanitizer import parse, serialize
from siteinfo.structured_data import Node

REL = "sponsored nofollow noopener"


def register() -> None:
    """Register the card embeds and the post-processor with richtext."""
    for kind, model in EMBEDS.items():
        embeds.register(kind, model, _render_placeholders)
    embeds.register_postprocessor(finish)


def _render_placeholders(wanted: Iterable[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Return placeholders, which `finish` fills together with all links in one query. The editor gets their names."""
    names = cards.embed_names(wanted) if target is RenderTarget.EDITOR else {}
    return {
        embed: cards.placeholder(embed, names.get(embed, ""))
        for embed in wanted
        if target is not RenderTarget.EDITOR or embed in names
    }


def finish_markup(markup: str, target: RenderTarget = RenderTarget.PAGE) -> SafeString:
    """Return template markup, such as a list of cards, with affiliate links rendered and disclosed.

    Also available as the template filter `disclose`. Markup without affiliate links is returned unchanged.
    """
    root = parse(markup)
    if any(is_affiliate_link(link.get("href") or "") for link in root.iter("a")):
        finish([root], target)
        markup = serialize(root)
    return mark_safe(markup)  # noqa: S308 - made by our templates


def is_affiliate_link(url: str) -> bool:
    """Return whether `url` is an affiliate link, by slug or by domain."""
    return bool(slug_in(url)) or is_program_host(shop_urls.host_of(url))


def has_paid_content(root: HtmlElement) -> bool:
    """Return whether a text has affiliate links or cards."""
    return bool(_TextContent(root))


def finish(roots: Sequence[HtmlElement], target: RenderTarget) -> None:
    """Fill the cards and render the affiliate links of `roots`, in place.

    This takes one query for links and cards, one for programs if shop URLs were pasted, and one for sponsorships.
    """
    contents = [_TextContent(root) for root in roots]
    if not any(contents):
        return
    rows = _Rows(contents)
    for root, content in zip(roots, contents, strict=True):
        _finish(root, content, rows, target)


class _TextContent:
    """The elements of a text that may be affiliate content: links by slug, pasted shop URLs and cards."""

    def __init__(self, root: HtmlElement) -> None:
        links = [(link, link.get("href") or "") for link in root.iter("a")]
        self.by_slug = [(link, slug) for link, href in links if (slug := slug_in(href))]
        self.external = [(link, href) for link, href in links if shop_urls.host_of(href)]
        self.pasted = [(link, href) for link, href in self.external if is_program_host(shop_urls.host_of(href))]
        self.cards: list[tuple[HtmlElement, str, int]] = [
            (div, kind, int(div.get("data-id") or 0))
            for div in root.iter("div")
            if (kind := div.get("data-embed")) in EMBEDS
        ]

    def __bool__(self) -> bool:
        return bool(self.by_slug or self.pasted or self.cards)

    def keys(self, kind: str) -> set[int]:
        """Return the primary keys of the cards of a kind."""
        return {key for _, each, key in self.cards if each == kind}


class _Rows:
    """The rows that texts need, loaded together."""

    def __init__(self, contents: Sequence[_TextContent]) -> None:
        self.by_slug: dict[str, Link] = {}
        self.by_product: defaultdict[int, dict[int, Link]] = defaultdict(dict)
        self.by_comparison: defaultdict[int, dict[int, list[Link]]] = defaultdict(lambda: defaultdict(list))
        slugs = {slug for content in contents for _, slug in content.by_slug}
        products, comparisons, sponsorships = (
            {key for content in contents for key in content.keys(kind)} for kind in EMBEDS
        )
        if slugs or products or comparisons:
            for link in Link.objects.for_texts(slugs, products, comparisons):
                self._add(link)
        self.sponsorships: dict[int, Sponsorship] = Sponsorship.objects.in_bulk(sponsorships) if sponsorships else {}
        self.programs = list(Program.objects.all()) if any(content.pasted for content in contents) else []

    def _add(self, link: Link) -> None:
        self.by_slug[link.slug] = link
        if link.replacement:
            self.by_slug[link.replacement.slug] = link.replacement
        if link.product_id:
            self.by_product[link.product_id][link.pk] = link
            if link.comparison_id:
                self.by_comparison[link.comparison_id][link.product_id].append(link)

    @cached_property
    def reviewer(self) -> Node:
        """Who recommends the products, loaded once for all cards."""
        return load_reviewer()

    def program_of(self, host: str) -> Program | None:
        """Return the program that covers `host`. Amazon's rules apply even if its program does not exist yet."""
        return find_program(self.programs, host) or (Program(**AMAZON) if shop_urls.is_amazon(host) else None)


def _finish(root: HtmlElement, content: _TextContent, rows: _Rows, target: RenderTarget) -> None:
    notes, brands = _fill_cards(content, rows, target)
    programs: dict[str, Program] = {}
    for element, slug in _links_by_slug(root):
        link = rows.by_slug.get(slug)
        shown = link.current if link else None
        if shown is None:
            # Retired without replacement, or deleted: keep the text, remove the link.
            element.drop_tag()
        elif _render_link(element, shown.url_for(target), PAID_LABEL):
            programs[shown.program.name] = shown.program
            if target is RenderTarget.PAGE and not shown.program.allows_redirect:
                element.set("data-click-url", reverse("affiliates:count_click", args=[shown.slug]))
    for element, href in content.pasted:
        program = rows.program_of(shop_urls.host_of(href))
        is_paid = program is not None and program.earns_from(href)
        if program and is_paid and _render_link(element, _pasted_url(href, program, target), PAID_LABEL):
            programs[program.name] = program
    for element, href in content.external:
        if matches_domain(shop_urls.host_of(href), brands) and element.get("rel") != REL:
            _render_link(element, href, PARTNER_LABEL)
    _insert_notes(root, notes, programs, target)


def _links_by_slug(root: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """Return the links by slug, including those in cards."""
    return [(link, slug) for link in root.iter("a") if (slug := slug_in(link.get("href") or ""))]


def _fill_cards(content: _TextContent, rows: _Rows, target: RenderTarget) -> tuple[list[HtmlElement], list[str]]:
    """Replace placeholders with cards. Return the sponsorship notes and the brands' domains."""
    notes: list[HtmlElement] = []
    brands: list[str] = []
    for placeholder, kind, key in content.cards:
        markup = ""
        if kind == "product":
            reviewer = rows.reviewer if target is RenderTarget.PAGE else None
            markup = cards.product(list(rows.by_product[key].values()), target, reviewer=reviewer)
        elif kind == "comparison":
            markup = cards.comparison(list(rows.by_comparison[key].values()), target)
        elif sponsorship := rows.sponsorships.get(key):
            notes.append(_fragment(cards.sponsorship(sponsorship, target)))
            brands += sponsorship.host_list
        if markup:
            placeholder.addprevious(_fragment(markup))
        placeholder.drop_tree()
    return notes, brands


def _fragment(markup: str) -> HtmlElement:
    element: HtmlElement = html.fragment_fromstring(markup.strip())
    return element


def _pasted_url(href: str, program: Program, target: RenderTarget) -> str:
    """Return the canonical form of a pasted shop URL, with our tag or, if the program has none, its own."""
    if target is RenderTarget.EMAIL and not program.allows_email:
        return ""
    try:
        canonical_url = shop_urls.canonical(href, program.tag_parameter)
    except ValidationError:
        return href
    tag = program.tag or shop_urls.get_tag(href, program.tag_parameter)
    return shop_urls.add_tag(canonical_url, program.tag_parameter, tag)


def _render_link(element: HtmlElement, url: str, label: str) -> bool:
    """Make `element` an affiliate link to `url`, marked for people and search engines.

    Return False for an empty `url`, which links to the page itself.
    """
    element.set("href", url)
    if not url:
        return False
    element.set("rel", REL)
    if not element.text_content().rstrip().endswith(label):
        mark = html.Element("small", {"class": "paid"})
        mark.text = label
        last = element[-1] if len(element) else None
        if last is None:
            element.text = f"{element.text or ''} "
        else:
            last.tail = f"{last.tail or ''} "
        element.append(mark)
    return True


def _insert_notes(
    root: HtmlElement, notes: list[HtmlElement], programs: dict[str, Program], target: RenderTarget
) -> None:
    """Insert the sponsorship notes and the disclosures of `programs` at the top of a text."""
    if programs:
        lines = (line.strip() for program in programs.values() for line in program.disclosure.splitlines())
        sentences = list(dict.fromkeys(filter(None, lines)))
        notes.append(_fragment(cards.disclosure(sentences, target)))
    for note in reversed(notes):
        note.tail, root.text = root.text, None
        root.insert(0, note)
