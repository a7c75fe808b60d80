"""The person whose data is found, exported or erased."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Model, QuerySet

from privacy.email_addresses import hash_email, normalize_email


@dataclass(frozen=True)
class Person:
    """Someone who is known by an email address, in any spelling that the newsletter considers the same."""

    email: str

    @cached_property
    def normalized(self) -> str:
        """The address in the form used for comparison."""
        return normalize_email(self.email)

    @cached_property
    def email_hash(self) -> str:
        """The keyed hash of the address, which remains after an erasure."""
        return hash_email(self.email)

    def __str__(self) -> str:
        # Identifies the person to someone who has the address, and reveals nothing to others.
        return f"person {self.email_hash[:12]}"

    def matches(self, email: str) -> bool:
        """Return whether `email` is an address of this person."""
        return "@" in email and normalize_email(email) == self.normalized

    def rows[T: Model](self, queryset: QuerySet[T], field: str = "email") -> QuerySet[T]:
        """Return the rows of `queryset` whose `field` is the person's address.

        Every address is compared in Python, because databases do not normalize addresses like the newsletter does.
        """
        emails = queryset.order_by().exclude(**{field: ""}).values_list("pk", field)
        keys = [pk for pk, email in emails.iterator() if self.matches(email)]
        return queryset.filter(pk__in=keys)
