"""Dangerous actions ask again who is signed in, if the last time was too long ago."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import sign_in as limits
from accounts.models import AuditEvent, User
from newsletter.models import Subscriber
from redirects.models import Redirect
from tests.accounts.second_factors import add_app, app_code
from tests.accounts.staff import make_staff, sign_in
from tests.accounts.test_permission_matrix import ROUTES, path_of
from tests.factories import make_campaign, make_subscriber

pytestmark = pytest.mark.django_db
PASSWORD = "a password for tests"
CONFIRM = "/admin/account/confirm/"
USERS, SUBSCRIBERS = "/admin/accounts/user/", "/admin/newsletter/subscriber/"


def stale(user: User) -> Client:
    """Return a client that signed in too long ago for dangerous actions."""
    client = sign_in(user)
    session = client.session
    long_ago = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT - 1
    session["account_authentication_methods"] = [{"method": "password", "at": long_ago}]
    session.save()
    return client


def erase(client: Client) -> Any:
    data = {"action": "erase_subscribers", "_selected_action": Subscriber.objects.get().pk, "erase": "1"}
    return client.post(SUBSCRIBERS, data)


def import_redirects(client: Client) -> Any:
    return client.post("/admin/redirects/redirect/import/", {"text": "old,new\n/a/,/b/", "_import": "1"})


def import_subscribers(client: Client) -> Any:
    file = SimpleUploadedFile("list.csv", b"email\nx@example.com\n")
    return client.post(f"{SUBSCRIBERS}import/", {"file": file})


ACTIONS: dict[str, Callable[[Client], Any]] = {
    "invite": lambda client: client.post(f"{USERS}add/", {"email": "n@example.com", "name": "N", "role": "owner"}),
    "change a role": lambda client: client.post(
        f"{USERS}{other().pk}/change/", {"email": "staff@example.com", "role": "owner", "is_active": "on"}
    ),
    "delete a user": lambda client: client.post(f"{USERS}{other().pk}/delete/", {"post": "yes"}),
    "see a form for another's password": lambda client: client.get(f"{USERS}{other().pk}/password/"),
    "export subscribers": lambda client: client.get(f"{SUBSCRIBERS}export/"),
    "export a person": lambda client: client.post("/admin/personal-data/export/", {"email": "reader@example.com"}),
    "erase a person": lambda client: client.post(
        "/admin/personal-data/erase/", {"email": "reader@example.com", "confirm": "1"}
    ),
    "export recipients": lambda client: client.get(f"/admin/newsletter/campaign/{make_campaign().pk}/recipients/csv/"),
    "erase": erase,
    "reset second factors": lambda client: client.post(
        USERS, {"action": "reset_factors", "_selected_action": User.objects.get(email="owner@example.com").pk}
    ),
    "import subscribers": import_subscribers,
    "import redirects": import_redirects,
    "remove the app": lambda client: client.post("/admin/account/app/remove/"),
    "see recovery codes": lambda client: client.get("/admin/account/recovery-codes/"),
    "download recovery codes": lambda client: client.get("/admin/account/recovery-codes/download/"),
    "make new recovery codes": lambda client: client.post("/admin/account/recovery-codes/new/"),
    "add a passkey": lambda client: client.get("/admin/account/passkeys/add/"),
    "change the email address": lambda client: client.post("/admin/account/email/", {"email": "n@example.com"}),
}


def other() -> User:
    return User.objects.get(email="staff@example.com")


def state() -> tuple[object, ...]:
    """Return what the actions would change."""
    users = User.objects.order_by("pk").values_list("email", "role", "password")
    kinds = AuditEvent.objects.exclude(kind="signed_in").values_list("kind", flat=True)
    factors = sorted(admin_factors())
    return (*users, *kinds, *factors, *Subscriber.objects.values_list("email"), Redirect.objects.count())


def admin_factors() -> list[str]:
    return list(Authenticator.objects.filter(user__email="owner@example.com").values_list("type", flat=True))


@pytest.fixture(autouse=True)
def people(admin_user: User) -> None:
    make_staff()
    add_app(admin_user)
    make_subscriber(email="reader@example.com")


@pytest.mark.parametrize("name", ACTIONS)
def test_it_asks_again_and_changes_nothing_until_then(name: str, admin_user: User) -> None:
    before = state()
    client = stale(admin_user)
    response = ACTIONS[name](client)
    assert response.status_code == 302
    assert response["Location"].startswith(f"{CONFIRM}?next=")
    assert state() == before


@pytest.mark.parametrize("name", ACTIONS)
def test_it_does_not_ask_someone_who_has_just_signed_in(name: str, admin_user: User) -> None:
    response = ACTIONS[name](sign_in(admin_user))
    assert not response.headers.get("Location", "").startswith(CONFIRM)


def test_a_request_continues_after_the_password(admin_user: User) -> None:
    client = stale(admin_user)
    asked = ACTIONS["change a role"](client)
    wrong = client.post(asked["Location"], {"password": "wrong"})
    assert b"This is not your password." in wrong.content
    assert other().role == ""
    done = client.post(asked["Location"], {"password": PASSWORD, "next": f"{USERS}{other().pk}/change/"})
    assert (done.status_code, done["Location"]) == (302, USERS)
    assert other().role == "owner"
    assert ACTIONS["invite"](client)["Location"] != asked["Location"]
    assert User.objects.filter(email="n@example.com").exists()


def test_a_code_of_the_app_confirms_too(admin_user: User) -> None:
    client = stale(admin_user)
    path = f"{SUBSCRIBERS}export/"
    asked = client.get(path)["Location"]
    page = client.get(asked).content.decode()
    assert "Use a code from your app, or a recovery code" in page
    response = client.post(f"{CONFIRM}code/?next={path}", {"code": app_code(), "next": path})
    assert (response.status_code, response["Location"]) == (302, path)
    assert client.get(path).status_code == 200


def test_the_time_runs_out(admin_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in(admin_user)
    path = f"{SUBSCRIBERS}export/"
    assert client.get(path).status_code == 200
    now = time.time()
    monkeypatch.setattr("accounts.adapters.time.time", lambda: now + settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1)
    assert client.get(path).status_code == 302


def test_wrong_passwords_are_limited_and_logged(admin_user: User) -> None:
    client = stale(admin_user)
    statuses = [client.post(CONFIRM, {"password": "wrong"}).status_code for _ in range(12)]
    assert statuses == [200] * limits.LIMIT_PER_ACCOUNT_AND_NETWORK + [429] * 2
    assert AuditEvent.objects.filter(kind="sign_in_failed", user=admin_user).count() == 10
    assert client.post(CONFIRM, {"password": PASSWORD}).status_code == 429


def test_a_password_typed_for_someone_else_is_not_stored_in_the_session(admin_user: User) -> None:
    client = stale(admin_user)
    path = f"{USERS}{other().pk}/password/"
    before = other().password
    response = client.post(path, {"password1": "kneecap-orbit-47", "password2": "kneecap-orbit-47"})
    assert (response.status_code, response["Location"]) == (302, path)
    assert "kneecap" not in str(dict(client.session.items()))
    assert other().password == before


def test_next_never_leaves_the_site(admin_user: User) -> None:
    client = stale(admin_user)
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        response = client.post(f"{CONFIRM}?next={target}", {"password": PASSWORD, "next": target})
        assert response["Location"] == "/admin/"


def test_the_action_is_refused_without_permission(admin_user: User) -> None:
    staff = sign_in(other())
    for name in ("export subscribers", "import subscribers", "import redirects", "invite"):
        assert ACTIONS[name](staff).status_code == 403


# Names of URLs that sound dangerous, and why they are not.
HARMLESS = {
    "redirects_redirect_export": "everyone can see where a URL leads",
    "site_export_siteexport_create": "only the download leaves the site",
    "wordpress_importrun_csv": "titles and old URLs, which were public",
}
# Names of apps and models, which say nothing about what a URL does.
MODELS = re.compile("importrun|importedmenu|site_export_siteexport")


def test_no_import_export_or_erasure_is_forgotten(admin_user: User) -> None:
    make_campaign()
    acts = "import|export|erase|restore|csv|undo|conflicts|_start|_create|download"
    dangerous = [(name, route) for name, route in ROUTES if re.search(acts, MODELS.sub("", name))]
    assert len(dangerous) > 5
    client = stale(admin_user)
    data = {"email": "reader@example.com"}
    found = {
        name: any(
            response.headers.get("Location", "").startswith(CONFIRM)
            for response in (client.get(path_of(name, route)), client.post(path_of(name, route), data))
        )
        for name, route in dangerous
    }
    assert found == {name: name not in HARMLESS for name, _ in dangerous}
