"""What apps do with restored data before the site runs again, such as pausing what was being sent."""

from collections.abc import Callable

_ACTIONS: list[Callable[[], object]] = []


def register(action: Callable[[], object]) -> None:
    """Call `action` after every restore."""
    if action not in _ACTIONS:
        _ACTIONS.append(action)


def run_actions() -> None:
    """Call every action."""
    for action in _ACTIONS:
        action()
