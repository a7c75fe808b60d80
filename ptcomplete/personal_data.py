"""What Django's own apps store about people, and for how long. The other apps have their own declarations."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import taggit.models
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.personal_data import users_of
from privacy.people import Person
from privacy.registry import PersonalData, Retention, register

LOG_ENTRY_MAX_AGE = timedelta(days=730)
BATCH = 1000


def delete_expired_sessions() -> int:
    """Delete the sessions that no browser can use any more. Return 0, because all are deleted at once."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return 0


def delete_old_log_entries() -> int:
    """Delete a batch of entries of the admin's log. Return how many were deleted."""
    old = LogEntry.objects.filter(action_time__lt=timezone.now() - LOG_ENTRY_MAX_AGE).values("pk")
    return LogEntry.objects.filter(pk__in=list(old[:BATCH].values_list("pk", flat=True))).delete()[0]


def _sessions_of(person: Person) -> QuerySet[Session]:
    """Return the sessions of the person's account. Their content is encoded, so each is read."""
    users = {str(pk) for pk in users_of(person).values_list("pk", flat=True)}
    if not users:
        return Session.objects.none()
    rows: Any = Session.objects.all()
    return Session.objects.filter(
        pk__in=[row.pk for row in rows.iterator() if str(row.get_decoded().get("_auth_user_id")) in users]
    )


register.add(
    PersonalData(
        model=Session,
        title="Sessions of people who are signed in",
        fields={"session_data": "which account is signed in", "session_key": "the number in the cookie"},
        other_fields="expire_date",
        secrets="session_data session_key",
        purpose="To stay signed in to the admin.",
        source="The browser, after signing in.",
        find=_sessions_of,
        erase=lambda rows: rows.delete(),
        erasing="Deleted: every browser is signed out.",
        retention=(
            Retention(
                "signing in",
                timedelta(seconds=settings.SESSION_COOKIE_AGE),
                delete_expired_sessions,
                "expired sessions",
            ),
        ),
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=LogEntry,
        title="Change history in the admin",
        fields={"user": "the account", "object_repr": "what was changed", "change_message": "how it was changed"},
        other_fields="id action_time content_type object_id action_flag",
        mentions="object_repr change_message",
        purpose="To show the history of each text and setting.",
        source="The user, in the admin.",
        find=lambda person: LogEntry.objects.filter(user__in=users_of(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        retention=(Retention("the change", LOG_ENTRY_MAX_AGE, delete_old_log_entries, "old entries of the admin log"),),
        recipients=("backups",),
    )
)
register.add_impersonal(Permission, "name codename", "Names that Django defines.")
register.add_impersonal(Group, "name", "Unused: roles replace groups.")
register.add_impersonal(ContentType, "app_label model", "Names that Django defines.")
register.add_impersonal(taggit.models.Tag, "name slug", "Unused: the blog has its own tags.")
register.add_impersonal(taggit.models.TaggedItem, "", "Unused: the blog has its own tags.")
