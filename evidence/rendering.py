"""Number the citations in rendered texts, and list the references at the end of each text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.templatetags.static import static
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lxml import html
from lxml.html import HtmlElement

from evidence.library import resolve
from evidence.models import EvidenceSettings, Source
from richtext.citations import find_citations
from richtext.embeds import RenderTarget

type Marker = tuple[HtmlElement, list[int]]


@dataclass(slots=True)
class CitedSource:
    """A reference with its number in one text, and the ids of the places that cite it."""

    source: Source
    number: int
    places: list[str] = field(default_factory=list)

    def add_place(self) -> str:
        """Return the id of the next place that cites the reference."""
        place = f"cite-{self.number}-{len(self.places) + 1}" if self.places else f"cite-{self.number}"
        self.places.append(place)
        return place


def add_citations(roots: Sequence[HtmlElement], target: RenderTarget) -> None:
    """Replace the citations in `roots` with numbers, and add the lists of references. Two queries if there are any.

    In the editor, each citation gets the names of its references instead.
    """
    markers = [list(find_citations(root)) for root in roots]
    wanted = {pk for found in markers for _, ids in found for pk in ids}
    if not wanted:
        return
    sources = resolve(wanted)
    if target is RenderTarget.EDITOR:
        for found in markers:
            _label(found, sources)
        return
    style = EvidenceSettings.load().citation_style
    for root, found in zip(roots, markers, strict=True):
        cited = _number(_merged(found), sources, target)
        if cited:
            root.append(html.fragment_fromstring(reference_list(cited, style, target)))


def cited_sources(ids: Iterable[int], sources: dict[int, Source]) -> list[Source]:
    """Return the distinct references with `ids` in the order of their numbers."""
    return list(dict.fromkeys(sources[pk] for pk in ids if pk in sources))


def _label(markers: Iterable[Marker], sources: dict[int, Source]) -> None:
    for element, ids in markers:
        names = [sources[pk].short_label if pk in sources else "deleted reference" for pk in ids]
        element.set("data-label", "; ".join(names))


def _merged(markers: Iterable[Marker]) -> list[Marker]:
    """Return the citations, those directly after another one merged into it, and those in links moved out of them."""
    merged: list[Marker] = []
    for element, ids in markers:
        link = next(element.iterancestors("a"), None)
        if link is not None:
            _move_after(element, link)
        if merged and element.getprevious() is merged[-1][0] and not (merged[-1][0].tail or "").strip():
            merged[-1][1].extend(ids)
            element.drop_tree()
        else:
            merged.append((element, list(ids)))
    return merged


def _move_after(element: HtmlElement, link: HtmlElement) -> None:
    tail, element.tail = element.tail, None
    previous, parent = element.getprevious(), element.getparent()
    if tail and previous is not None:
        previous.tail = (previous.tail or "") + tail
    elif tail and parent is not None:
        parent.text = (parent.text or "") + tail
    link.addnext(element)
    element.tail, link.tail = link.tail, None


def _number(markers: Iterable[Marker], sources: dict[int, Source], target: RenderTarget) -> list[CitedSource]:
    """Replace the citations with numbers, and return the references in the order of the numbers."""
    cited: dict[int, CitedSource] = {}
    for element, ids in markers:
        found = cited_sources(ids, sources)
        if not found:
            element.drop_tree()
            continue
        for source in found:
            cited.setdefault(source.pk, CitedSource(source, len(cited) + 1))
        element.attrib.clear()
        _fill(element, sorted((cited[source.pk] for source in found), key=lambda each: each.number), target)
    return list(cited.values())


def _fill(element: HtmlElement, cited: Sequence[CitedSource], target: RenderTarget) -> None:
    """Write the numbers of the references that one citation names."""
    if target is RenderTarget.EMAIL:
        # Few email programs follow links within an email.
        element.text = f"[{','.join(str(each.number) for each in cited)}]"
        return
    links = [_marker(each, target) for each in cited]
    for link in links[:-1]:
        link.tail = ","
    if target.is_external:
        # Some feed readers show no superscripts.
        element.text, links[-1].tail = "[", "]"
    else:
        element.set("class", "citation")
    element.extend(links)


def _marker(cited: CitedSource, target: RenderTarget) -> HtmlElement:
    link = html.Element("a", {"href": f"#ref-{cited.number}"})
    link.text = str(cited.number)
    place = cited.add_place()
    if not target.is_external:
        link.attrib.update({"id": place, "role": "doc-noteref", "aria-label": f"Reference {cited.number}"})
    return link


def reference_list(cited: Sequence[CitedSource], style: str, target: RenderTarget) -> str:
    """Return the section with the list of references."""
    items = format_html_join("", "{}", ((_item(each, style, target),) for each in cited))
    if target.is_external:
        return format_html("<div><h2>References</h2><ol>{}</ol></div>", items)
    # The script is part of the list, so that only pages with citations load it.
    return format_html(
        '<section class="references" role="doc-endnotes" aria-labelledby="references-title">'
        '<h2 id="references-title">References</h2><ol>{}</ol><script type="module" src="{}"></script></section>',
        items,
        static("site/js/citations.js"),
    )


def _item(cited: CitedSource, style: str, target: RenderTarget) -> SafeString:
    details = source_details(cited.source)
    text = citation_html(cited.source, style)
    if target.is_external:
        return format_html('<li id="ref-{}">{}{}</li>', cited.number, text, details)
    return format_html(
        '<li id="ref-{}"><div class="reference">{}{}</div>{}</li>', cited.number, text, details, _back_links(cited)
    )


def source_details(source: Source) -> SafeString:
    """Return what the list says about a reference besides its citation: retraction, kind of study, summary."""
    retracted = format_html(" <strong>{}</strong>", _retraction(source)) if source.retraction else ""
    level = format_html(" <em>{}</em>", source.get_evidence_level_display()) if source.evidence_level else ""
    summary = format_html("<p>In plain words: {}</p>", source.summary) if source.summary else ""
    return format_html("{}{}{}", retracted, level, summary)


def _retraction(source: Source) -> str:
    year = f" in {source.retracted_on.year}" if source.retracted_on else ""
    return f"Retracted{year}" if source.retraction == "Retraction" else f"{source.retraction}{year}"


def _back_links(cited: CitedSource) -> SafeString:
    """Return links to the places that cite the reference: an arrow, or the letters a, b and c."""
    several = len(cited.places) > 1
    rows = [
        (
            place,
            f"Back to citation {index} of reference {cited.number}"
            if several
            else f"Back to reference {cited.number} in the text",
            _ordinal(index) if several else "↩",
        )
        for index, place in enumerate(cited.places, start=1)
    ]
    links = format_html_join(" ", '<a href="#{}" role="doc-backlink" aria-label="{}">{}</a>', rows)
    arrow = "↩ " if several else ""
    return format_html('<span class="back-links">{}{}</span>', arrow, links)


def _ordinal(index: int) -> str:
    """Return a for 1, b for 2, aa for 27, and so on."""
    name = ""
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("a") + rest) + name
    return name


def citation_html(source: Source, style: str) -> SafeString:
    """Return the citation with links to its DOI and to PubMed. The visible text is that of the style."""
    text = str(escape(source.formatted(style)))
    links = [
        (source.doi, source.doi_url, _DOI_PREFIXES, "DOI"),
        (source.pmid, source.pubmed_url, ("PMID: ", "PMID:", "PMID "), "PubMed"),
        ("" if source.doi else source.url, source.url, ("",), "Link"),
    ]
    for value, url, prefixes, name in links:
        if value:
            text = _linked(text, str(escape(value)), format_html('<a href="{}">', url), prefixes, name)
    return mark_safe(text)  # noqa: S308 - every part is escaped above


def _linked(text: str, value: str, link: str, prefixes: tuple[str, ...], name: str) -> str:
    """Return `text` with a link around `value` and the prefix before it, or with a link named `name` after it."""
    # No regular expression: one for each reference would take most of the time of a long list.
    lower = text.lower()
    for prefix in prefixes:
        start = lower.find(f"{prefix}{value}".lower())
        if start >= 0:
            end = start + len(prefix) + len(value)
            return f"{text[:start]}{link}{text[start:end]}</a>{text[end:]}"
    return f"{text} {link}{name}</a>"


# The longest ones first. The last one finds a DOI without a label.
_DOI_PREFIXES = ("https://doi.org/", "http://dx.doi.org/", "https://dx.doi.org/", "doi: ", "doi:", "")
