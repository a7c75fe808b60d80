"""Who wrote, changed, submitted and reviewed documents."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet

from accounts.personal_data import users_of
from privacy.people import Person
from privacy.registry import PersonalData, Retention, register
from publishing.autosave import MAX_AGE
from publishing.models import Autosave, PendingEdit, ReviewNote, Revision, Submission
from publishing.retention import REVISION_MAX_AGE, delete_expired_autosaves, delete_old_revisions

_DOCUMENT = "id content_type object_id"
_USER = {"user": "the user"}
_SOURCE = "The user, in the admin."
_HISTORY = "To show who changed a text, and to bring back earlier versions."


def _rows(model: type[Model]) -> Callable[[Person], QuerySet[Any]]:
    """Return a function that finds the rows of `model` that belong to a person's account."""
    return lambda person: model._default_manager.filter(user__in=users_of(person))


def _forget_user(rows: QuerySet[Any]) -> int:
    return rows.update(user=None)


register.add(
    PersonalData(
        model=Revision,
        title="Saved versions of texts",
        fields=_USER,
        other_fields=f"{_DOCUMENT} data created_at note",
        purpose=_HISTORY,
        source=_SOURCE,
        find=_rows(Revision),
        erase=_forget_user,
        erasing="Kept without the user's name.",
        retention=(
            Retention(
                "saving, except the newest 50 of each text", REVISION_MAX_AGE, delete_old_revisions, "old revisions"
            ),
        ),
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=PendingEdit,
        title="Changes that wait to be published",
        fields=_USER,
        other_fields=f"{_DOCUMENT} data publish_at updated_at problem",
        purpose=_HISTORY,
        source=_SOURCE,
        find=_rows(PendingEdit),
        erase=_forget_user,
        erasing="Kept without the user's name.",
        period="until they are published or discarded",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Autosave,
        title="Automatic saves",
        fields={**_USER, "data": "the unsaved text"},
        other_fields=f"{_DOCUMENT} key base_version updated_at",
        purpose="To bring back a text after a crash of the browser.",
        source=_SOURCE,
        find=_rows(Autosave),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        retention=(Retention("the last change", MAX_AGE, delete_expired_autosaves, "expired autosaves"),),
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Submission,
        title="Drafts submitted for review",
        fields=_USER,
        other_fields=f"{_DOCUMENT} submitted_at",
        purpose="To show reviewers what waits for them.",
        source=_SOURCE,
        find=_rows(Submission),
        erase=_forget_user,
        erasing="Kept without the user's name.",
        period="until the text is reviewed",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=ReviewNote,
        title="Review notes",
        fields={**_USER, "text": "the note", "verdict": "the verdict"},
        other_fields=f"{_DOCUMENT} version created_at",
        mentions="text",
        purpose="To show what was reviewed, and with which result.",
        source=_SOURCE,
        find=_rows(ReviewNote),
        erase=_forget_user,
        erasing="Kept without the user's name.",
        period="as long as the text",
        recipients=("backups",),
    )
)
