"""What must be known about a text that AI helped to write before it is published."""

from typing import Any

from publishing.models import Origin, ReviewSettings
from publishing.publish_checks import PublishError


def origin_errors(document: Any, data: dict[str, Any]) -> list[PublishError]:
    """Return why a text that AI helped to write cannot be published.

    Texts that are already public with the same origin can be improved step by step.
    """
    origin = data.get("origin", Origin.HUMAN)
    if origin == Origin.HUMAN:
        return []
    errors = []
    if not data.get("responsible") and not data.get("author"):
        errors.append(PublishError("responsible", "Choose the person who is responsible for the text."))
    if origin == Origin.DRAFTED and document.current_review is None and _is_blocked(document):
        message = "This text was drafted by AI. A reviewer has to approve it before you publish it."
        errors.append(PublishError("origin", message))
    return errors


def _is_blocked(document: Any) -> bool:
    """Return whether the site publishes no AI drafts, and this one is not public already."""
    if ReviewSettings.load().ai_drafts != ReviewSettings.AiDrafts.BLOCK:
        return False
    return not (document.pk and document.is_published and _saved_origin(document) == Origin.DRAFTED)


def _saved_origin(document: Any) -> str:
    saved = type(document)._default_manager.filter(pk=document.pk).values_list("origin", flat=True).first()
    return saved or Origin.HUMAN
