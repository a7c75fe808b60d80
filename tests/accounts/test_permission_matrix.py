"""Which role may open (G) and post to (P) which admin URL. Rows are objects of other people, posts and pages drafts.

A new URL below /admin/ fails the first test until it has a line in `permission_matrix.txt`. “-” means neither: the role
lacks the permission, or the URL takes no such request.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import Role
from blog.models import Post
from contact.models import Message
from pages.models import Page
from tests.accounts.all_models import make_all_models
from tests.accounts.staff import make_staff, sign_in

# Without a role: a user of the admin whose permissions were all taken away, and a visitor.
COLUMNS = (*(role.value for role in Role), "nobody", "visitor")
TABLE = Path(__file__).with_name("permission_matrix.txt")
MATRIX = {
    name: dict(zip(COLUMNS, cells, strict=True))
    for name, *cells in (line.split() for line in TABLE.read_text().splitlines()[1:] if line)
}


# URLs of the admin of one model with the primary key of another.
DOCUMENTS: dict[str, Any] = {
    "analytics_document": Post,
    "comments_comment_post_access": Post,
    "comments_comment_page_access": Page,
}
# What a view needs to get as far as its permissions.
QUERIES = {
    "autocomplete": "app_label=blog&model_name=post&field_name=related_first&term=knee",
    "contact_reply_add": "message=1",
}


def named_patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and route of every URL with a name."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from named_patterns(pattern, route)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, route


# Settings have two URLs of the same name: with and without a primary key. The URLs without a name only redirect.
ROUTES = sorted((name, route) for name, route in named_patterns(get_resolver()) if route.startswith("admin/"))


def model_of(route: str) -> Any:
    """Return the model whose admin has this route, if any."""
    _, app_label, model_name = (*route.split("/"), "", "")[:3]
    try:
        return apps.get_model(app_label, model_name)
    except LookupError:
        return None


def path_of(name: str, route: str) -> str:
    """Return a path for the route, with the primary key of a row that exists."""
    query = QUERIES.get(name, "").replace("=1", f"={Message.objects.values_list('pk', flat=True).first()}")
    model = model_of(route)
    row = model._default_manager.order_by("pk").first() if model else None
    values = {
        "revision_id": row.revisions.first().pk if "revision_id" in route and row else 0,
        "content_type_id": ContentType.objects.get_for_model(Post).pk,
        "area": "sidebar",
        "uidb64": "MQ",
        "token": "set-password",
        "pk": row.pk if row else 1,
        "name": "searches",
    }
    if model := DOCUMENTS.get(name):
        # Tables count their primary keys on, also over rows that earlier tests have rolled back.
        values |= {"kind": "post", "pk": model._default_manager.values_list("pk", flat=True).first()}
    if "content_type_id" in route:
        row = Post.objects.order_by("pk").first()
    route = re.sub(r"\^\(\?P<app_label>.*\)/\$", "blog/", route)
    route = re.sub(r"\^(.*)\$", r"\1", route)
    return (
        "/"
        + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values.get(match[1], row.pk if row else "x")), route)
        + f"?{query}"
    )


def client_of(column: str) -> Client:
    if column == "visitor":
        return Client()
    user = make_staff(email=f"{column}@example.com")
    if column != "nobody":
        user.set_role(column)
        user.save()
    return sign_in(user)


def is_allowed(response: Any) -> bool:
    """Return whether the permission was granted, even if the request was incomplete."""
    assert response.status_code != 500
    location = response.headers.get("Location", "")
    # Django sends users to the dashboard who ask for a row that they may not see.
    return (
        response.status_code not in (403, 404, 405)
        and not location.startswith("/admin/login")
        and location != "/admin/"
    )


def outcome(client: Client, path: str) -> str:
    """Return G if the client may get the path, and P if it may post to it."""
    allowed = ""
    for sign, method in (("G", client.get), ("P", client.post)):
        data = {"autosave_key": str(uuid4())} if sign == "P" and "autosave" in path else {}
        with transaction.atomic():
            session: Any = client.cookies.copy()
            allowed += sign if is_allowed(method(path, data) if data else method(path)) else ""
            client.cookies = session
            transaction.set_rollback(True)
    return allowed or "-"


def test_every_admin_url_has_a_line() -> None:
    assert sorted({name for name, _ in ROUTES}) == sorted(MATRIX)


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.slow
@pytest.mark.parametrize("column", COLUMNS)
def test_every_role_may_do_what_the_matrix_says(column: str) -> None:
    make_all_models()
    Post.objects.update(status="draft")
    Page.objects.update(status="draft")
    client = client_of(column)
    found = {route: (name, outcome(client, path_of(name, route))) for name, route in ROUTES}
    assert found == {route: (name, MATRIX[name][column]) for name, route in ROUTES}
