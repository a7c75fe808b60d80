"""Who wrote, changed, submitted and reviewed documents."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.personal_data import users_of
from privacy.people import Person
from privacy.registry import PersonalData, Retention, register
from publishing.autosave import MAX_AGE
from publishing.models import (
    Autosave,
    Change,
    LastSave,
    PendingEdit,
    Review,
    ReviewNote,
    ReviewSettings,
    Revision,
    Submission,
)
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


def _leave_to_the_account(rows: QuerySet[Any]) -> None:
    """Change nothing: a row may name two people, and deleting an account removes only the name of its owner."""


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
                "saving, except the newest 50 of each text and those that were reviewed",
                REVISION_MAX_AGE,
                delete_old_revisions,
                "old revisions",
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
        other_fields=f"{_DOCUMENT} data publish_at updated_at problem change_text is_correction",
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
        fields={**_USER, "text": "the note", "resolved_by": "who resolved it"},
        other_fields=f"{_DOCUMENT} parent quote before after version created_at resolved_at",
        mentions="text",
        purpose="To tell the author what to change.",
        source=_SOURCE,
        find=lambda person: ReviewNote.objects.filter(
            Q(user__in=users_of(person)) | Q(resolved_by__in=users_of(person))
        ),
        erase=_leave_to_the_account,
        erasing="Kept without the user's name.",
        period="as long as the text",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Review,
        title="Reviews",
        fields={**_USER, "reviewer": "the reviewer's profile", "text": "the summary", "outcome": "the decision"},
        other_fields=f"{_DOCUMENT} version revision reviewed_on due_on pemat created_at",
        mentions="text",
        purpose="To tell readers who reviewed a text and when, and to show the author the result.",
        source="The reviewer, in the admin or through an editor.",
        find=lambda person: Review.objects.filter(
            Q(user__in=users_of(person)) | Q(reviewer__user__in=users_of(person))
        ),
        erase=_leave_to_the_account,
        erasing="Kept without the user's name. The profile of the reviewer is anonymized.",
        period="as long as the text",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Change,
        title="Public change logs",
        fields=_USER,
        other_fields=f"{_DOCUMENT} changed_on text is_correction",
        purpose="To tell readers what changed in a text.",
        source=_SOURCE,
        find=_rows(Change),
        erase=_forget_user,
        erasing="Kept without the user's name.",
        period="as long as the text",
        recipients=("backups",),
    )
)
register.add_impersonal(ReviewSettings, "overdue_notice", "Settings.")
register.add_impersonal(LastSave, "", "A random key of an open form.")
