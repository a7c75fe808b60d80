"""Settings that a view gives the page cache for its response."""

from django.http import HttpResponse


def allow_parameters(response: HttpResponse, *names: str) -> HttpResponse:
    """Let the page cache store `response` for a request with these query parameters. Return it.

    Requests with any other parameter are never stored, so they cannot fill the cache.
    """
    response.cache_parameters = frozenset(names)  # type: ignore[attr-defined]
    return response


def depend_on_texts(response: HttpResponse) -> HttpResponse:
    """Make `response` stale when the text of any document changes, as a feed must be. Return it."""
    response.depends_on_texts = True  # type: ignore[attr-defined]
    return response


def allowed_parameters(response: HttpResponse) -> frozenset[str]:
    """Return the query parameters with which `response` may be stored."""
    names: frozenset[str] = getattr(response, "cache_parameters", frozenset())
    return names


def depends_on_texts(response: HttpResponse) -> bool:
    """Return whether `response` becomes stale when the text of any document changes."""
    return getattr(response, "depends_on_texts", False)
