"""Models for documents that can be published, and for their related records."""

from publishing.models.documents import YEARS, Document, DocumentQuerySet, Snapshot
from publishing.models.records import Autosave, DocumentRecord, PendingEdit, Revision
from publishing.models.reviews import ReviewNote, Submission

__all__ = [
    "YEARS",
    "Autosave",
    "Document",
    "DocumentQuerySet",
    "DocumentRecord",
    "PendingEdit",
    "ReviewNote",
    "Revision",
    "Snapshot",
    "Submission",
]
