"""Find shop URLs pasted into texts, and convert them to affiliate links."""

from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from lxml.html import HtmlElement

from accounts.models import User
from affiliates import shop_urls
from affiliates.models import Link, Program
from affiliates.references import pasted_references
from richtext.links import MAX_LENGTH
from richtext.references import Reference
from richtext.sanitizer import parse, serialize


class PastedLink(NamedTuple):
    """A pasted shop URL in canonical form, its program, the texts that contain it, and why it cannot be converted."""

    destination: str
    error: str
    program: Program
    sources: list[Model]


def find_pasted_links() -> list[PastedLink]:
    """Return the pasted shop URLs in order of first use."""
    pairs = pasted_references()
    references = Reference.objects.filter(pk__in=[reference.pk for reference, _ in pairs])
    sources = {source.reference_key: source for source in references.sources()}
    pasted: dict[str, PastedLink] = {}
    for reference, program in pairs:
        destination, error = _canonical(reference.url, program)
        each = pasted.setdefault(destination, PastedLink(destination, error, program, []))
        source = sources.get((reference.source_type_id, reference.source_id))
        if source is not None and source not in each.sources:
            each.sources.append(source)
    return list(pasted.values())


@transaction.atomic
def convert(destination: str, user: User) -> tuple[Link, list[Model]]:
    """Replace the pasted `destination` in all texts with an affiliate link, created if there is none.

    Return the link and the changed texts. Raises ValidationError if no text contains the URL or it cannot be a link,
    and PermissionDenied if `user` may not change one of the texts.
    """
    found = next((each for each in find_pasted_links() if each.destination == destination), None)
    if found is None:
        raise ValidationError("No text contains this URL anymore.")
    if found.error:
        raise ValidationError(found.error)
    link = Link.objects.active().filter(destination=destination).order_by("pk").first()
    changed = []
    for source in found.sources:
        if not user.has_perm(f"{source._meta.app_label}.change_{source._meta.model_name}"):
            raise PermissionDenied
        model: Any = type(source)
        row = model._base_manager.get(pk=source.pk)
        # Models list their rich text field first.
        field = model.reference_fields[0]
        root = parse(getattr(row, field))
        for element in _elements_with(destination, found.program, root):
            link = link or _create_link(element, found)
            element.set("href", link.get_absolute_url())
        setattr(row, field, serialize(root))
        row.save()
        changed.append(row)
    if link is None:
        raise ValidationError("No text contains this URL anymore.")
    return link, changed


def _elements_with(destination: str, program: Program, root: HtmlElement) -> list[HtmlElement]:
    """Return the links in `root` with the canonical URL `destination`."""
    return [
        element
        for element in root.iter("a")
        if _canonical((element.get("href") or "")[:MAX_LENGTH], program) == (destination, "")
    ]


def _create_link(element: HtmlElement, pasted: PastedLink) -> Link:
    """Create an affiliate link named after the text of `element`."""
    name = " ".join(element.text_content().split())[:120]
    link = Link(name=name or pasted.program.name, destination=pasted.destination)
    link.full_clean(exclude=["program"])
    link.save()
    return link


def _canonical(url: str, program: Program) -> tuple[str, str]:
    """Return the canonical form of `url` and an empty error, or `url` and the error."""
    try:
        return shop_urls.canonical(url, program.tag_parameter), ""
    except ValidationError as invalid:
        return url, " ".join(invalid.messages)
