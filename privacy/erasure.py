"""Erase what is stored about a person."""

import re
from collections.abc import Callable
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q

from privacy.collecting import holdings
from privacy.people import Person
from privacy.registry import PersonalData, register

ERASED = "[erased]"


@transaction.atomic
def erase_personal_data(person: Person, afterwards: Callable[[], object] = lambda: None) -> dict[str, int]:
    """Erase or anonymize everything stored about the person. Return the number of rows by title of the register.

    Erasing again changes nothing. Raise ErasureError, and change nothing, if an app refuses. `afterwards` is called in
    the same transaction.
    """
    # All rows are found before the first is erased, because many are found through others.
    found = list(holdings(person))
    for entry, rows, _ in found:
        entry.erase(rows)
    for entry in register.entries.values():
        _replace_mentions(entry, person)
        entry.after_erasing(person)
    afterwards()
    return {entry.title: count for entry, _, count in found}


def _replace_mentions(entry: PersonalData, person: Person) -> None:
    """Replace the address in free text that others wrote or that a server answered."""
    fields = entry.mentions.split()
    if not fields:
        return
    spellings = {person.email.strip(), person.normalized}
    pattern = re.compile("|".join(map(re.escape, sorted(spellings))), re.IGNORECASE)
    mentioning = reduce(or_, (Q(**{f"{name}__icontains": each}) for name in fields for each in spellings))
    rows = entry.model._base_manager.filter(mentioning)
    for row in rows.values("pk", *fields):
        values = {name: pattern.sub(ERASED, row[name]) for name in fields if row[name]}
        # The base manager's querysets do not refuse to update append-only rows.
        entry.model._base_manager.filter(pk=row["pk"]).update(**values)
