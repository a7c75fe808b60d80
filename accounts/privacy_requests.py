"""Answer privacy requests: find, export and erase what is stored about a person, and record it in the audit log."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import AuditEvent, User
from privacy.collecting import collect_personal_data
from privacy.erasure import erase_personal_data
from privacy.people import Person
from siteinfo.models import SiteInfo

FROM_COMMAND = "from the command line"


@dataclass(frozen=True)
class Requester:
    """Who answers the request: a user of the admin, or someone with access to the server."""

    request: HttpRequest | None = None

    def record(self, kind: str, person: Person) -> None:
        """Append to the audit log, without the person's address: the log must not keep what was erased."""
        user = self.request.user if self.request else None
        subject = f"personal data of {person}"
        AuditEvent.objects.record(
            kind,
            request=self.request,
            user=user if isinstance(user, User) else None,
            subject=subject if self.request else f"{subject}, {FROM_COMMAND}",
        )


def export(person: Person, requester: Requester) -> dict[str, Any]:
    """Return everything stored about the person, and record the export."""
    data = collect_personal_data(person)
    requester.record(AuditEvent.Kind.EXPORTED, person)
    return data


def export_as_page(person: Person, requester: Requester) -> str:
    """Return the export as an HTML file that needs nothing else."""
    context = {"data": export(person, requester), "site": SiteInfo.load(), "now": timezone.now()}
    return render_to_string("accounts/personal_data_export.html", context)


def erase(person: Person, requester: Requester) -> dict[str, int]:
    """Erase everything stored about the person and return the number of rows by kind. Raise ErasureError if refused.

    The erasure is recorded in the same transaction.
    """
    return erase_personal_data(person, afterwards=lambda: requester.record(AuditEvent.Kind.ERASED, person))
