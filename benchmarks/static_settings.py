"""Settings that collect static files without compressing them, which takes seconds and is not measured."""

from ptcomplete.settings import *  # noqa: F403
from ptcomplete.settings import WHITENOISE_SKIP_COMPRESS_EXTENSIONS

WHITENOISE_SKIP_COMPRESS_EXTENSIONS += ("css", "js", "json", "svg")  # type: ignore[assignment]
