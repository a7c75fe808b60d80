"""A registry of checks that content must pass before it is published. Apps above register theirs."""

from collections.abc import Callable
from typing import Any, NamedTuple


class PublishError(NamedTuple):
    """Why content cannot be published: the field to change, one sentence that says how, and the place in the text."""

    field: str
    message: str
    place: str = ""


# Takes a document and the snapshot to publish.
type PublishCheck = Callable[[Any, dict[str, Any]], list[PublishError]]

_checks: list[PublishCheck] = []


def register_publish_check(check: PublishCheck) -> None:
    """Run `check` before publishing. Call it in `AppConfig.ready`."""
    _checks.append(check)


def find_publish_errors(document: Any, data: dict[str, Any]) -> list[PublishError]:
    """Return the errors of all registered checks."""
    return [error for check in _checks for error in check(document, data)]
