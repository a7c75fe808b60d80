"""How paid links reach a reader: the one place that makes them, marks them, and says so before the first.

Texts hold a link by its short name (`/go/roller/`), a card by its product, or an address of a shop that somebody
pasted. This finishes every rendered text, whatever template shows it, so none of it can be forgotten.

Sources: 16 CFR 255 (endorsements: disclosed before the link, in plain words, where it is seen); Google's link
attributes (rel=sponsored); the Operating Agreement of Amazon's Associates Program (direct links, none in mails).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from lxml import html
from lxml.html import HtmlElement

from affiliates import cards, shop_urls
from affiliates.programs import AMAZON, Program, covering, may_pay
from affiliates.references import EMBEDS, slug_in
from richtext import embeds
from richtext.embeds import Embed, RenderTarget
from richtext.sanitizer import parse, serialize

if TYPE_CHECKING:
    from affiliates.models import Link, Sponsorship

REL = "sponsored nofollow noopener"
PAID, PARTNER = "(paid link)", "(partner link)"


def register(models: Mapping[str, type[Model]]) -> None:
    """Let rich text keep the places of cards, each of a kind with a model, and let this app finish every text."""
    for kind in EMBEDS:
        embeds.register(kind, models[kind], _keep_places)
    embeds.register_postprocessor(finish)


def _keep_places(wanted: Iterable[Embed], target: RenderTarget) -> dict[Embed, str]:
    """The places themselves: `finish` fills all kinds of them and all links in one query. The editor gets names."""
    names = cards.names(wanted) if target is RenderTarget.EDITOR else {}
    return {
        embed: cards.place(embed, names.get(embed, ""))
        for embed in wanted
        if target is not RenderTarget.EDITOR or embed in names
    }


def finished(markup: str, target: RenderTarget = RenderTarget.PAGE) -> SafeString:
    """`markup` of our own, such as a list of cards, with its links made and what must be said before them.

    As the filter `paid` it holds for any links of a template. What has none that pay stays as it is.
    """
    root = parse(markup)
    if any(is_paid(link.get("href") or "") for link in root.iter("a")):
        finish([root], target)
        markup = serialize(root)
    return mark_safe(markup)  # noqa: S308 - made by our templates


def is_paid(address: str) -> bool:
    """Whether a link to `address` pays, be it by name or not."""
    return bool(slug_in(address)) or may_pay(shop_urls.host_of(address))


def finish(roots: Sequence[HtmlElement], target: RenderTarget) -> None:
    """Fill the cards of `roots` and make their paid links, in one query; none where a text has neither.

    One query more where somebody pasted a shop's address, or a text is sponsored.
    """
    found = [_Places(root) for root in roots]
    if not any(found):
        return
    known = _Known(found)
    for root, places in zip(roots, found, strict=True):
        _finish(root, places, known, target)


class _Places:
    """What a text has that may be paid: links by name, pasted addresses, places of cards."""

    def __init__(self, root: HtmlElement) -> None:
        links = [(link, link.get("href") or "") for link in root.iter("a")]
        self.named = [(link, slug) for link, href in links if (slug := slug_in(href))]
        self.outside = [(link, href) for link, href in links if shop_urls.host_of(href)]
        self.pasted = [(link, href) for link, href in self.outside if may_pay(shop_urls.host_of(href))]
        self.cards: list[tuple[HtmlElement, str, int]] = [
            (div, kind, int(div.get("data-id") or 0))
            for div in root.iter("div")
            if (kind := div.get("data-embed")) in EMBEDS
        ]

    def __bool__(self) -> bool:
        return bool(self.named or self.pasted or self.cards)

    def keys(self, kind: str) -> set[int]:
        """The keys of the cards of a kind."""
        return {key for _, each, key in self.cards if each == kind}


class _Known:
    """The rows that texts need, fetched together."""

    def __init__(self, found: Iterable[_Places]) -> None:
        from affiliates.models import Link, Sponsorship

        self.by_slug: dict[str, Link] = {}
        self.by_product: defaultdict[int, dict[int, Link]] = defaultdict(dict)
        self.by_comparison: defaultdict[int, dict[int, list[Link]]] = defaultdict(lambda: defaultdict(list))
        found = list(found)
        slugs = {slug for places in found for _, slug in places.named}
        products, comparisons, sponsorships = (
            {key for places in found for key in places.keys(kind)} for kind in EMBEDS
        )
        if slugs or products or comparisons:
            for link in Link.objects.wanted(slugs, products, comparisons):
                self.by_slug[link.slug] = link
                if link.replacement:
                    self.by_slug[link.replacement.slug] = link.replacement
                if link.product_id:
                    self.by_product[link.product_id][link.pk] = link
                    if link.compared_in:
                        self.by_comparison[link.compared_in][link.product_id].append(link)
        self.sponsorships: dict[int, Sponsorship] = Sponsorship.objects.in_bulk(sponsorships) if sponsorships else {}
        self.programs = list(Program.objects.all()) if any(places.pasted for places in found) else []

    def program_of(self, host: str) -> Program | None:
        """Whose links to `host` are. Amazon's rules hold also where nobody has set its program up."""
        return covering(self.programs, host) or (Program(**AMAZON) if shop_urls.is_amazons(host) else None)


def _finish(root: HtmlElement, places: _Places, known: _Known, target: RenderTarget) -> None:
    notes, brands = _fill_cards(places, known, target)
    programs: dict[str, Program] = {}
    for element, slug in _named(root):
        link = known.by_slug.get(slug)
        shown = link.current if link else None
        if shown is None:
            # Retired, or never there: the words stay, without a way to nowhere.
            element.drop_tag()
        elif _make(element, shown.address_for(target), PAID):
            programs[shown.program.name] = shown.program
            if target is RenderTarget.PAGE and not shown.program.allows_redirect:
                element.set("data-click-url", reverse("affiliates:clicked", args=[shown.slug]))
    for element, href in places.pasted:
        program = known.program_of(shop_urls.host_of(href))
        if program and _make(element, _address(href, program, target), PAID):
            programs[program.name] = program
    for element, href in places.outside:
        if shop_urls.belongs(shop_urls.host_of(href), brands) and element.get("rel") != REL:
            _make(element, href, PARTNER)
    _say(root, notes, programs, target)


def _named(root: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """The links by name of a text, those of its cards among them."""
    return [(link, slug) for link in root.iter("a") if (slug := slug_in(link.get("href") or ""))]


def _fill_cards(places: _Places, known: _Known, target: RenderTarget) -> tuple[list[HtmlElement], list[str]]:
    """Put cards into their places; gives the notes of sponsorships, for the top, and their brands' sites."""
    notes: list[HtmlElement] = []
    brands: list[str] = []
    for place, kind, key in places.cards:
        markup = ""
        if kind == "product":
            markup = cards.product(list(known.by_product[key].values()), target)
        elif kind == "comparison":
            markup = cards.comparison(list(known.by_comparison[key].values()), target)
        elif sponsorship := known.sponsorships.get(key):
            notes.append(_fragment(cards.sponsorship(sponsorship, target)))
            brands += sponsorship.host_list
        if markup:
            place.addprevious(_fragment(markup))
        place.drop_tree()
    return notes, brands


def _fragment(markup: str) -> HtmlElement:
    element: HtmlElement = html.fragment_fromstring(markup.strip())
    return element


def _address(href: str, program: Program, target: RenderTarget) -> str:
    """Where a pasted address leads: the tidy form with our tag, or with its own if the program has none."""
    if target is RenderTarget.EMAIL and not program.allows_mail:
        return ""
    try:
        tidy = shop_urls.canonical(href, program.tag_parameter)
    except ValidationError:
        return href
    tag = program.tag or shop_urls.tag_of(href, program.tag_parameter)
    return shop_urls.tagged(tidy, program.tag_parameter, tag)


def _make(element: HtmlElement, address: str, label: str) -> bool:
    """Make `element` a paid link to `address`, marked for eyes, ears and machines; without one, a link to its page."""
    element.set("href", address)
    if not address:
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


def _say(root: HtmlElement, notes: list[HtmlElement], programs: dict[str, Program], target: RenderTarget) -> None:
    """Put before everything else of a text what readers must know of its paid links; nothing if it has none."""
    if programs:
        lines = (line.strip() for program in programs.values() for line in program.disclosure.splitlines())
        sentences = list(dict.fromkeys(filter(None, lines)))
        notes.append(_fragment(cards.disclosure(sentences, target)))
    for note in reversed(notes):
        note.tail, root.text = root.text, None
        root.insert(0, note)
