"""A registry of what publishing a document sets off, such as an email. Apps above register theirs."""

from collections.abc import Callable
from typing import Any

# Takes a document and returns sentences for its author.
type PublishEffects = Callable[[Any], list[str]]

_effects: list[PublishEffects] = []


def register_publish_effects(describe: PublishEffects) -> None:
    """Show what `describe` returns before and after publishing. Call it in `AppConfig.ready`."""
    _effects.append(describe)


def describe_effects(document: Any) -> list[str]:
    """Return what publishing the document sets off, one sentence each."""
    return [sentence for describe in _effects for sentence in describe(document)]
