"""Texts that were changed in WordPress and here: replace them with the version from WordPress."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from blog.models import Post
from pages.models import Page
from publishing.revisions import create_revision
from wordpress.files import stored_files
from wordpress.models import ImportedObject, ImportRun, ReportRow, fingerprint

_MODELS: dict[str, tuple[str, type[Post | Page]]] = {
    "blog.post": (ImportedObject.Kind.POST, Post),
    "pages.page": (ImportedObject.Kind.PAGE, Page),
}


def take_from_wordpress(run: ImportRun, row_pks: Sequence[str], user: User) -> int:
    """Let the run go on with these rows as if their texts were not edited here. Return their number.

    The edited text becomes a revision first, so it can be restored.
    """
    pks = [int(pk) for pk in row_pks if pk.isdecimal()]
    rows = run.rows.filter(pk__in=pks, outcome=ReportRow.Outcome.CONFLICT, object_type__in=_MODELS)
    if not stored_files(run) or run.state != ImportRun.State.DONE:
        return 0
    count = 0
    with transaction.atomic():
        for row in rows:
            kind, model = _MODELS[row.object_type]
            document = model._default_manager.filter(pk=row.object_id).first()
            record = ImportedObject.objects.filter(kind=kind, object_id=document.pk).first() if document else None
            if document is None or record is None:
                continue
            create_revision(document, None, "Before the version from WordPress replaced it")
            record.fingerprint = fingerprint(document)
            record.save()
            count += 1
        if count:
            values = {"state": ImportRun.State.QUEUED, "attempts": 0, "requested_by": user}
            ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.DONE).update(**values)
    return count
