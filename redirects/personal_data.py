"""What the 404 log stores about people: nothing, unless a link contains an email address."""

from django.db.models import Q, QuerySet

from privacy.people import Person
from privacy.registry import PersonalData, register
from redirects.models import NotFoundLog, Redirect


def _entries(person: Person) -> QuerySet[NotFoundLog]:
    rows = NotFoundLog.objects.none()
    for spelling in {person.email.strip(), person.normalized}:
        rows = rows | NotFoundLog.objects.filter(Q(path__icontains=spelling) | Q(referrer__icontains=spelling))
    return rows


register.add(
    PersonalData(
        model=NotFoundLog,
        title="Broken links with the address",
        fields={"path": "the URL that was not found", "referrer": "the page with the link"},
        other_fields="id visit_count bot_count first_seen_at last_seen_at",
        purpose="To find broken links.",
        source="Browsers that follow a link with an email address in it.",
        find=_entries,
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="until the URL works again or an owner deletes the entry",
        recipients=("backups",),
    )
)
register.add_impersonal(
    Redirect, "old_path target target_path note", "Paths and URLs, without anything about visitors."
)
