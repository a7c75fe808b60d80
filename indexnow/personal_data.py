"""IndexNow stores no personal data."""

from indexnow.models import SubmissionState, SubmittedPage
from privacy.registry import register

register.add_impersonal(SubmittedPage, "document_kind path version", "URLs of published content.")
register.add_impersonal(SubmissionState, "error", "Answers of the service.")
