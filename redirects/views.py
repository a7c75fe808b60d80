"""Responses for URLs without a page. Nothing here runs for a page that exists."""

import re
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import render
from django.utils.encoding import escape_uri_path, iri_to_uri

from redirects import url_registry
from redirects.models import NotFoundLog, Redirect
from redirects.normalize import MAX_PATH_LENGTH, is_valid_path, normalize_path
from redirects.services import count_hit, resolve_redirect

# Django refuses longer redirects (django.http.response.MAX_URL_REDIRECT_LENGTH is 2048).
_MAX_URL_LENGTH = 2000
# Bots that identify themselves. Anything else may be a person and counts as a visit.
_BOT = re.compile(r"bot\b|crawl|spider|slurp", re.I)
# Paths that only attackers request: scripts of other systems, hidden files, backups and injected code.
_ATTACK = re.compile(
    r"\.(php\d?|phtml|aspx?|jspx?|cgi|env|ini|sql|sqlite|bak|old|swp|log|ya?ml|conf|pem|key|zip|rar|7z|t?gz|tar)(/|$)"
    r"|/\.(?!well-known)|/(cgi-bin|wp-(admin|includes|json)|phpmyadmin|vendor|node_modules)(/|$)"
    r"|\.\.|[<>\"'\\;{}|^`$*]",
    re.I,
)


def redirect_response(request: HttpRequest, path: str) -> HttpResponse | None:
    """Return the redirect for `path` and count it; a 410 page if it is gone; None without a redirect.

    Redirects are sent with no-cache: browsers would keep a 301 forever, and renaming back would then loop.
    """
    if request.method not in {"GET", "HEAD"}:
        return None
    query = request.META.get("QUERY_STRING", "")
    match = resolve_redirect(path, query)
    if match is None:
        return None
    response: HttpResponse
    if match.status_code == Redirect.StatusCode.GONE:
        response = render(request, "redirects/gone.html", status=410)
    else:
        url = add_query(match.url, query, match.parameters)
        if len(iri_to_uri(url)) > _MAX_URL_LENGTH:
            url = match.url
        if len(iri_to_uri(url)) > _MAX_URL_LENGTH:
            return None
        is_permanent = match.status_code == Redirect.StatusCode.PERMANENT
        response = HttpResponsePermanentRedirect(url) if is_permanent else HttpResponseRedirect(url)
    response["Cache-Control"] = "no-cache"
    count_hit(match.pk)
    return response


def existing_page_response(path: str) -> HttpResponse | None:
    """Return the redirect to the page at `path`, or None if there is none."""
    if not url_registry.has_sources() or url_registry.broken_reasons([path]):
        return None
    return HttpResponsePermanentRedirect(f"{escape_uri_path(path).rstrip('/')}/")


def add_query(url: str, query: str, handled: Collection[str] = ()) -> str:
    """Return `url` with the parameters of `query` added, such as utm_source, except those in `handled`.

    Parameters already in `url` win.
    """
    main, hash_sign, fragment = url.partition("#")
    own = {name for name, _ in parse_qsl(urlsplit(main).query, keep_blank_values=True)} | set(handled)
    parts = [part for part in query.split("&") if part]
    if own:
        parts = [part for part in parts if parse_qsl(part, keep_blank_values=True)[0][0] not in own]
    if not parts:
        return url
    separator = "&" if "?" in main else "?"
    if main.endswith("?"):
        separator = ""
    return f"{main}{separator}{'&'.join(parts)}{hash_sign}{fragment}"


def log_not_found(request: HttpRequest) -> None:
    """Add the requested path to the 404 log, unless only an attacker would request it."""
    path, headers = request.path_info, request.headers
    key = normalize_path(path)[:MAX_PATH_LENGTH]
    if key == "/" or not is_valid_path(path[:MAX_PATH_LENGTH]) or _ATTACK.search(path):
        return
    host = ""
    with suppress(ValueError):  # raised by URLs such as http://[
        host = (urlsplit(headers.get("Referer", "")).hostname or "")[:255]
    is_bot = bool(_BOT.search(headers.get("User-Agent", "")))
    NotFoundLog.objects.record(key, host if is_valid_path(host) else "", is_bot)
