"""The register of personal data: what each app stores about people, why, for how long, and how it is erased.

Every app declares its models in a module `personal_data`. A test compares the register with the fields of all models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Model, QuerySet

from privacy.people import Person


class ErasureError(Exception):
    """Raised with a sentence for the admin if a person's data cannot be erased."""


@dataclass(frozen=True)
class Retention:
    """When data is deleted: `after` a time `since` an event. The worker calls `work` every hour."""

    since: str
    after: timedelta
    work: Callable[[], int]
    job: str  # names the job in the log
    what: str = ""  # what is deleted, if not the whole row

    def __str__(self) -> str:
        time = f"{format_period(self.after)} after {self.since}"
        return f"{self.what} until {time}" if self.what else time


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """What one model stores about people."""

    model: type[Model]
    title: str
    # What the public page lists it under; empty for data about people who work on the site.
    category: str = ""
    # The personal fields, and in plain words what they hold.
    fields: Mapping[str, str]
    # Fields that say nothing about the person, or nothing without the personal ones.
    other_fields: str
    # Personal fields that no export contains, such as passwords.
    secrets: str = ""
    # How an export shows a related row, if not by its name.
    shown: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    # Fields with free text, in which the address is replaced when a person is erased, whatever row it is in.
    mentions: str = ""
    purpose: str
    source: str
    find: Callable[[Person], QuerySet[Any]]
    erase: Callable[[QuerySet[Any]], object]
    # Called at the end of every erasure, even if no row was found.
    after_erasing: Callable[[Person], object] = lambda person: None
    erasing: str  # what `erase` does, as a sentence
    retention: tuple[Retention, ...] = ()
    period: str = ""  # how long, if no Retention says so
    recipients: tuple[str, ...] = ()

    @property
    def retention_text(self) -> str:
        """How long the data is kept, as a phrase."""
        return "; ".join([*map(str, self.retention), *([self.period] if self.period else [])])


class Disclosure(NamedTuple):
    """An entry, with the services in use that get its data."""

    entry: PersonalData
    recipients: list[str]


@dataclass
class Register:
    """What all apps have declared."""

    entries: dict[type[Model], PersonalData] = field(default_factory=dict)
    # Models without personal data: the text fields that were looked at, and the reason.
    impersonal: dict[type[Model], tuple[frozenset[str], str]] = field(default_factory=dict)
    # By key: who else gets data, and a function that returns its description, or "" if it is not in use.
    recipients: dict[str, Callable[[], str]] = field(default_factory=dict)

    def add(self, entry: PersonalData) -> None:
        """Declare a model with personal data."""
        self.entries[entry.model] = entry

    def add_impersonal(self, model: type[Model], fields: str, reason: str) -> None:
        """Declare that a model, with these fields that could hold text or point to people, has no personal data."""
        self.impersonal[model] = (frozenset(fields.split()), reason)

    def add_recipient(self, key: str, describe: Callable[[], str]) -> None:
        """Declare a service that gets personal data. `describe` returns "" if the site does not use it."""
        self.recipients[key] = describe

    def ordered(self) -> list[PersonalData]:
        """Return the entries by category, each category in the order of its app, and those about staff last."""
        return sorted(self.entries.values(), key=lambda entry: (not entry.category, entry.category))

    def public_categories(self) -> dict[str, list[Disclosure]]:
        """Return what visitors may read: the entries about them, by category."""
        categories: dict[str, list[Disclosure]] = {}
        for entry in self.ordered():
            if entry.category:
                disclosure = Disclosure(entry, self.recipients_of(entry))
                categories.setdefault(entry.category, []).append(disclosure)
        return categories

    def retentions(self) -> list[Retention]:
        """Return what the worker has to delete, each app in its own order."""
        return [retention for entry in self.entries.values() for retention in entry.retention]

    def recipients_of(self, entry: PersonalData) -> list[str]:
        """Return the descriptions of the services in use that get the data of `entry`."""
        return [text for key in entry.recipients if (text := self.recipients[key]())]


register = Register()


def format_period(period: timedelta) -> str:
    """Return a period as people say it, such as "3 years", "12 months" or "90 days"."""
    days, hours = period.days, period.seconds // 3600
    if days >= 730 and days % 365 == 0:
        return f"{days // 365} years"
    if days == 365:
        return "12 months"
    if days:
        return f"{days} day{'' if days == 1 else 's'}"
    return f"{hours} hour{'' if hours == 1 else 's'}"
