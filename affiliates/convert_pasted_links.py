"""Addresses that somebody pasted into texts instead of a link by its name, and how such a name takes their place."""

from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model

from accounts.models import User
from affiliates import shop_urls
from affiliates.models import Link
from affiliates.programs import Program
from affiliates.references import LONGEST, Use, texts
from richtext.sanitizer import parse, serialize


class Pasted(NamedTuple):
    """A page of a shop that texts lead to by its address: in what form a link would have it, or why none can."""

    destination: str
    trouble: str
    program: Program
    holders: list[Model]


def pasted() -> list[Pasted]:
    """What was pasted, in the order of its first use. A query for each kind of text, and two."""
    uses = Use.objects.filter(program__isnull=False)
    holders: dict[Any, Model] = {(type(row), row.pk): row for row in uses.holders()}
    found: dict[str, Pasted] = {}
    for use in uses.select_related("program").order_by("pk"):
        assert use.program is not None  # asked for above
        destination, trouble = _tidied(use.key, use.program)
        each = found.setdefault(destination, Pasted(destination, trouble, use.program, []))
        holder = holders.get((use.content_type.model_class(), use.object_id))
        if holder is not None and holder not in each.holders:
            each.holders.append(holder)
    return list(found.values())


@transaction.atomic
def name_it(destination: str, user: User) -> tuple[Link, list[Model]]:
    """Let texts have what was pasted by name: the link to `destination`, made if there is none, and the texts.

    ValidationError if no text has it, or no link can lead there; PermissionDenied if `user` may not change a text.
    """
    found = next((each for each in pasted() if each.destination == destination), None)
    if found is None:
        raise ValidationError("No text has this address any more.")
    if found.trouble:
        raise ValidationError(found.trouble)
    link = Link.objects.live().filter(destination=destination).order_by("pk").first()
    changed = []
    for holder in found.holders:
        if not user.has_perm(f"{holder._meta.app_label}.change_{holder._meta.model_name}"):
            raise PermissionDenied
        model: Any = type(holder)
        row, field = model._base_manager.get(pk=holder.pk), texts()[model]
        root = parse(getattr(row, field))
        for element in root.iter("a"):
            href = element.get("href") or ""
            if _tidied(href[:LONGEST], found.program) == (destination, ""):
                if link is None:
                    words = " ".join(element.text_content().split())[:120]
                    link = Link(name=words or found.program.name, destination=destination)
                    link.full_clean(exclude=["program"])
                    link.save()
                element.set("href", link.get_absolute_url())
        setattr(row, field, serialize(root))
        row.save()
        changed.append(row)
    if link is None:
        raise ValidationError("No text has this address any more.")
    return link, changed


def _tidied(address: str, program: Program) -> tuple[str, str]:
    """The form in which a link would have `address`; with why it can have none."""
    try:
        return shop_urls.canonical(address, program.tag_parameter), ""
    except ValidationError as error:
        return address, " ".join(error.messages)
