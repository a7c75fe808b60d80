"""Passkeys, with the virtual authenticator of a real browser."""

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from playwright.sync_api import CDPSession, Page, expect

from accounts.models import AccountEmail, AuditEvent, User
from accounts.pages import PASSKEY_CHALLENGES
from tests.accounts.second_factors import add_app
from tests.accounts.staff import make_staff, sign_in

PASSWORD = "a password for tests"


@pytest.fixture
def device(page: Page) -> CDPSession:
    """Give the page's browser a device that unlocks passkeys at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def enter_password(page: Page) -> None:
    page.goto("/admin/login/")
    page.get_by_label("Email address").fill("owner@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, name: str = "My laptop") -> None:
    page.goto("/admin/account/passkeys/add/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(lambda url: not url.endswith("/add/"))


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_passkey_signs_in_without_a_password(page: Page, admin_user: User, device: CDPSession) -> None:
    enter_password(page)
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    sign_out(page)
    page.goto("/admin/login/?next=/admin/blog/post/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(r"^[^?]+/admin/blog/post/$"))
    passkey = Authenticator.objects.get(type="webauthn")
    assert str(passkey) == "My laptop"
    assert passkey.wrap().is_passwordless
    assert passkey.last_used_at
    subjects = AuditEvent.objects.filter(kind="signed_in").order_by("pk").values_list("subject", flat=True)
    assert list(subjects) == ["password", "passkey"]
    assert AuditEvent.objects.get(kind="factor_added").subject == "passkey “My laptop”"
    assert AccountEmail.objects.get().detail == "A passkey was added to your account."


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_passkey_confirms_the_password_and_dangerous_actions(
    page: Page, admin_user: User, device: CDPSession, settings: Any
) -> None:
    settings.SECOND_FACTOR_ROLES = ["owner"]
    enter_password(page)
    expect(page.get_by_text("Your role needs a second way")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have stored them").click()
    sign_out(page)
    enter_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/admin/")
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    page.goto("/admin/newsletter/subscriber/import/")
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Import subscribers")).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_removed_passkey_is_refused(page: Page, admin_user: User, device: CDPSession) -> None:
    enter_password(page)
    add_passkey(page, "Old phone")
    page.goto("/admin/account/passkeys/")
    page.get_by_role("link", name="Remove Old phone").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("You have no passkeys.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey was not accepted. Try again, or choose another way.")).to_be_visible()
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert AuditEvent.objects.filter(kind="code_failed", subject="passkey").count() == 1
    removed = list(AuditEvent.objects.filter(kind="factor_removed").order_by("pk").values_list("subject", flat=True))
    assert removed == ["passkey “Old phone”", "recovery codes"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_person_without_access_cannot_use_their_passkey(page: Page, admin_user: User, device: CDPSession) -> None:
    enter_password(page)
    add_passkey(page)
    sign_out(page)
    User.objects.filter(pk=admin_user.pk).update(is_active=False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This account has no access.")).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_browser_without_a_passkey_says_so(page: Page, admin_user: User) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options | {"isUserVerified": False}})
    page.goto("/admin/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("No passkey was used. Try again.")


# What an attacker may send in place of a credential.
MALFORMED: tuple[Any, ...] = (
    None,
    [],
    {},
    "x",
    7,
    {"id": "x"},
    {"response": None},
    {"response": {"userHandle": "MQ"}},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}},
    {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": {"clientDataJSON": "AAAA", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "%"},
    },
)


@pytest.mark.django_db
@pytest.mark.parametrize("credential", MALFORMED)
def test_a_malformed_credential_is_refused(credential: Any, admin_user: User) -> None:
    data = {"credential": json.dumps(credential)}
    client = Client()
    client.get("/admin/login/passkey/", headers={"accept": "application/json"})
    assert client.post("/admin/login/passkey/", data)["Location"] == "/admin/login/"
    add_app(admin_user)
    owner = sign_in(admin_user)
    owner.get("/admin/account/passkeys/add/")
    assert owner.post("/admin/account/passkeys/add/", data).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


@pytest.mark.django_db
def test_challenges_are_limited(client: Client) -> None:
    statuses = [
        client.get("/admin/login/passkey/", headers={"accept": "application/json"}).status_code
        for _ in range(PASSKEY_CHALLENGES + 1)
    ]
    assert statuses == [200] * PASSKEY_CHALLENGES + [429]


@pytest.mark.django_db
def test_the_session_of_a_challenge_is_short_until_someone_signs_in(client: Client, admin_user: User) -> None:
    client.get("/admin/login/passkey/", headers={"accept": "application/json"})
    assert client.session.get_expiry_age() <= 600
    client.post("/admin/login/", {"login": admin_user.email, "password": PASSWORD})
    assert client.session.get_expiry_age() > 13 * 24 * 3600


@pytest.mark.django_db
def test_nobody_can_change_the_passkey_of_another_person(admin_user: User) -> None:
    passkey = Authenticator.objects.create(user=make_staff(), type="webauthn", data={"name": "Theirs"})
    client = sign_in(admin_user)
    for path in (f"/admin/account/passkeys/{passkey.pk}/", f"/admin/account/passkeys/{passkey.pk}/remove/"):
        assert client.post(path, {"name": "Mine"}).status_code == 404
    passkey.refresh_from_db()
    assert str(passkey) == "Theirs"
