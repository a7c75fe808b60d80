"""What an address without a page answers: asked only there, so a page that exists costs nothing for it."""

import re
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.utils.encoding import iri_to_uri

from redirects.models import NotFound, Redirect
from redirects.normalize import LONGEST, is_clean, key_of
from redirects.services import count_hit, resolve

# Django sends no longer one (django.http.response.MAX_URL_REDIRECT_LENGTH is 2048).
_LONGEST_ADDRESS = 2000
# Names that say what they are. A program without such a name may be anybody's, so it counts as a visit.
_ROBOT = re.compile(r"bot\b|crawl|spider|slurp", re.I)
# What nobody ever linked to: scripts of other systems, hidden and backup files, pieces of programs.
_ATTACK = re.compile(
    r"\.(php\d?|phtml|aspx?|jspx?|cgi|env|ini|sql|sqlite|bak|old|swp|log|ya?ml|conf|pem|key|zip|rar|7z|t?gz|tar)(/|$)"
    r"|/\.(?!well-known)|/(cgi-bin|wp-(admin|includes|json)|phpmyadmin|vendor|node_modules)(/|$)"
    r"|\.\.|[<>\"'\\;{}|^`$*]",
    re.I,
)


def answer(request: HttpRequest) -> HttpResponse | None:
    """The redirect of the requested address, counted; 410 for one that is gone; None when nothing is known of it.

    Browsers keep a 301 for good unless told otherwise, and one that was renamed back would then turn in circles.
    """
    found = resolve(request.path_info) if request.method in {"GET", "HEAD"} else None
    if found is None:
        return None
    response: HttpResponse
    if found.kind == Redirect.Kind.GONE:
        response = render(request, "redirects/gone.html", status=410)
    else:
        kind = HttpResponsePermanentRedirect if found.kind == Redirect.Kind.PERMANENT else HttpResponseRedirect
        address = with_query(found.address, request.META.get("QUERY_STRING", ""))
        if len(iri_to_uri(address)) > _LONGEST_ADDRESS:
            address = found.address
        if len(iri_to_uri(address)) > _LONGEST_ADDRESS:
            return None
        response = kind(address)
    response["Cache-Control"] = "no-cache"
    count_hit(found.key)
    return response


def with_query(address: str, query: str) -> str:
    """`address` with the parameters of `query` too, such as a campaign's; its own ones win."""
    main, hash_sign, fragment = address.partition("#")
    own = {name for name, _ in parse_qsl(urlsplit(main).query, keep_blank_values=True)}
    parts = [part for part in query.split("&") if part]
    kept = [part for part in parts if not own or parse_qsl(part, keep_blank_values=True)[0][0] not in own]
    sign = "" if not kept or main.endswith("?") else "&" if "?" in main else "?"
    return f"{main}{sign}{'&'.join(kept)}{hash_sign}{fragment}"


def note(request: HttpRequest) -> None:
    """Keep count of an address that was not found. What only break-ins ask for is left out."""
    path, headers = request.path_info, request.headers
    key = key_of(path)[:LONGEST]
    if key == "/" or not is_clean(path[:LONGEST]) or _ATTACK.search(path):
        return
    host = ""
    with suppress(ValueError):  # such as http://[
        host = urlsplit(headers.get("Referer", "")).hostname or ""
    is_robot = bool(_ROBOT.search(headers.get("User-Agent", "")))
    NotFound.objects.note(key, host[:255] if is_clean(host[:255]) else "", is_robot)
