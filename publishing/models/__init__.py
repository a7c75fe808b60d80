"""Models for documents that can be published, and for their related records."""

from publishing.models.changes import Change
from publishing.models.documents import YEARS, Document, DocumentQuerySet, Snapshot
from publishing.models.provenance import Origin
from publishing.models.records import Autosave, DocumentRecord, LastSave, PendingEdit, Revision
from publishing.models.reviews import Review, ReviewNote, ReviewSettings, Submission

__all__ = [
    "YEARS",
    "Autosave",
    "Change",
    "Document",
    "DocumentQuerySet",
    "DocumentRecord",
    "LastSave",
    "Origin",
    "PendingEdit",
    "Review",
    "ReviewNote",
    "ReviewSettings",
    "Revision",
    "Snapshot",
    "Submission",
]
