"""Describe errors without personal data: their type and place, never their text, which may quote what someone typed."""

import traceback
from pathlib import Path

from django.conf import settings


def describe(error: BaseException) -> str:
    """Return the type of the error and the innermost line of this project that it passed."""
    name = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if is_own_file(frame.filename)]
    if not own:
        return name
    path = Path(own[-1].filename).relative_to(settings.BASE_DIR)
    return f"{name} in {path}, line {own[-1].lineno}"


def is_own_file(filename: str) -> bool:
    """Return whether the file belongs to this project rather than to a library."""
    path = Path(filename)
    return path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts
