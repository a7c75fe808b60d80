"""Code shared by the admins of links and products: retiring links, and warnings about tags."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from affiliates.models import (
    Link,
)
from affiliates.retire_links import retire
from affiliates.shop_urls import get_tag
from plaintext.numbers import parse_pk
from siteinfo.where_used import WhereUsed, is_readable_by


def replacement_pk(request: HttpRequest) -> int:
    """Return the primary key of the chosen replacement, or 0. The action form has validated it."""
    return parse_pk(request.POST.get("replacement")) or 0


def retire_and_report(model_admin: Any, request: HttpRequest, links: list[Link], replacement: Link | None) -> None:
    """Retire `links` in favor of `replacement`, and show a message with the affected texts."""
    assert isinstance(request.user, User)
    try:
        texts = edit_links(retire(links, replacement, request.user), request.user)
    except ValidationError as error:
        model_admin.message_user(request, " ".join(error.messages), messages.WARNING)
        return
    count = f"Retired {len(links)} link{pluralize(len(links))}."
    if texts:
        message = format_html("{} Check that these texts still read well: {}.", count, texts)
    else:
        message = format_html("{} No text used them.", count)
    model_admin.message_user(request, message, messages.SUCCESS)


def edit_links(sources: Any, user: User) -> SafeString:
    """Return links to the change forms of texts, without the titles of drafts that `user` may not open."""
    rows = ((used.url, used.name) for used in (WhereUsed(each, [], is_readable_by(each, user)) for each in sources))
    return format_html_join(", ", '<a href="{}">{}</a>', rows)


def warn_about_tag(request: HttpRequest, link: Link, pasted_url: str) -> None:
    """Warn if the program has no tag, or if the pasted URL contained another one."""
    program, found = link.program, get_tag(pasted_url, link.program.tag_parameter)
    if not program.tag and program.tag_parameter:
        message = f"“{link}” earns nothing yet. Enter your tag in the program “{program}”."
        messages.warning(request, message)
    elif found and found != program.tag:
        message = f"The URL of “{link}” contained the tag {found}. Your tag {program.tag} is used instead."
        messages.warning(request, message)
