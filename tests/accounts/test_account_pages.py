"""Managing an account: sessions, password, email address, and what visitors do not get."""

import re
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import Settings

from accounts.models import AccountEmail, AuditEvent, User
from accounts.personal_data import delete_ended_sessions
from accounts.templatetags.accounts_tags import browser_name
from audit.accessibility import violations
from tests.accounts.second_factors import add_app
from tests.accounts.staff import make_staff, sign_in
from tests.example_site import make_example_site
from tests.test_accessibility import VIEWS

pytestmark = pytest.mark.django_db
PASSWORD = "a password for tests"
SESSIONS, EMAIL = "/admin/account/sessions/", "/admin/account/email/"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


def sign_in_with_password(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    assert client.post("/admin/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


# ---- Sessions -----------------------------------------------------------------------------------


def test_signing_out_everywhere_else_ends_the_other_sessions(admin_user: User) -> None:
    phone, laptop = sign_in_with_password(admin_user, user_agent=IPHONE), sign_in_with_password(admin_user)
    other_person = sign_in_with_password(make_staff())
    page = laptop.get(SESSIONS).content.decode()
    assert "Safari on iPhone" in page
    assert page.count("127.0.0.0") == 2
    assert laptop.post(SESSIONS).status_code == 302
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)
    assert is_signed_in(other_person)
    event = AuditEvent.objects.get(kind="signed_out_all")
    assert (event.user, event.subject) == (admin_user, "1 other session")


def test_the_list_keeps_no_session_that_has_ended(admin_user: User, settings: Settings) -> None:
    sign_in_with_password(admin_user)
    old = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)
    UserSession.objects.update(created_at=old)
    assert delete_ended_sessions() == 0  # a session that is still in use
    Session.objects.all().delete()
    call_command("worker", once=True)
    assert not UserSession.objects.exists()


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("", "Unknown browser"),
        ("curl/8", "Unknown browser"),
    ],
)
def test_a_browser_is_named_for_people(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


# ---- Password and email address -----------------------------------------------------------------


def test_a_new_password_signs_out_other_browsers_and_is_announced(admin_user: User) -> None:
    other, client = sign_in_with_password(admin_user), sign_in_with_password(admin_user)
    data = {"oldpassword": PASSWORD, "password1": "kneecap-orbit-47", "password2": "kneecap-orbit-47"}
    wrong = client.post("/admin/account/password/", data | {"oldpassword": "wrong"})
    assert b"This is not your current password." in wrong.content
    assert client.post("/admin/account/password/", data)["Location"] == "/admin/account/"
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert AuditEvent.objects.filter(kind="password", user=admin_user).exists()
    assert AccountEmail.objects.get().detail == "Your password was changed."
    assert client.get(SESSIONS).content.decode().count("(this one)") == 1


def link_in_email() -> str:
    email = AccountEmail.objects.filter(kind="new_address").latest("pk").build_email()
    assert email
    found = re.search(r"http://testserver(/admin/account/email/\S+)", str(email.body))
    assert found
    return found[1]


def test_a_new_email_address_is_confirmed_by_a_link(admin_user: User) -> None:
    client = sign_in(admin_user)
    assert client.post(EMAIL, {"email": "New@Example.com"}).status_code == 302
    admin_user.refresh_from_db()
    assert admin_user.email == "owner@example.com"
    link = link_in_email()
    assert sign_in(make_staff()).post(link).status_code == 200  # another person changes nothing
    assert Client().post(link)["Location"].startswith("/admin/login/")
    assert b"new@example.com" in client.get(link).content
    assert client.post(link).status_code == 302
    admin_user.refresh_from_db()
    assert admin_user.email == "new@example.com"
    assert b"This link has expired" in client.get(link).content
    event = AuditEvent.objects.get(kind="email_changed")
    assert event.subject == "owner@example.com to new@example.com"
    notice = AccountEmail.objects.get(kind="notice").build_email()
    assert notice
    assert notice.to == ["owner@example.com"]
    assert "You now sign in with the email address new@example.com." in str(notice.body)
    sign_in_with_password(admin_user)


def test_a_new_email_address_reveals_no_other_account(admin_user: User) -> None:
    make_staff(email="staff@example.com")
    client = sign_in(admin_user)
    answers = set()
    for email in ("staff@example.com", "unknown@example.com"):
        response = client.post(EMAIL, {"email": email})
        answers.add((response.status_code, response["Location"]))
    assert len(answers) == 1
    taken, free = AccountEmail.objects.order_by("pk")
    assert taken.build_email() is None
    assert free.build_email() is not None


def test_an_email_address_that_was_taken_meanwhile_is_refused(admin_user: User) -> None:
    client = sign_in(admin_user)
    client.post(EMAIL, {"email": "new@example.com"})
    link = link_in_email()
    make_staff(email="new@example.com")
    assert b"This link has expired" in client.post(link).content
    admin_user.refresh_from_db()
    assert admin_user.email == "owner@example.com"


def test_a_forged_or_old_link_is_refused(admin_user: User, settings: Settings) -> None:
    client = sign_in(admin_user)
    client.post(EMAIL, {"email": "new@example.com"})
    link = link_in_email()
    assert b"This link has expired" in client.post(f"{link[:-2]}x/").content
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert b"This link has expired" in client.post(link).content


def test_links_to_new_email_addresses_are_limited(admin_user: User) -> None:
    client = sign_in(admin_user)
    statuses = [client.post(EMAIL, {"email": f"new-{number}@example.com"}).status_code for number in range(6)]
    assert statuses == [302] * 5 + [429]


# ---- One way in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["account_signup", "account_reset_password", "account_email", "account_inactive", "admin:password_change"]
)
def test_there_is_no_second_page_for_the_same(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_the_admin_uses_the_one_page_to_sign_in(client: Client) -> None:
    assert reverse("admin:login") == reverse("account_login") == "/admin/login/"
    assert reverse("admin:logout") == reverse("account_logout")
    response = client.get("/admin/blog/post/")
    assert response["Location"] == "/admin/login/?next=/admin/blog/post/"


def test_no_page_speaks_of_logging_in(client: Client, admin_client: Client) -> None:
    staff = admin_client
    pages = [client.get("/admin/login/"), client.get("/admin/password-reset/"), client.post("/admin/login/", {})]
    pages += [staff.get(path) for path in ("/admin/", "/admin/logout/", "/admin/account/", "/admin/accounts/user/")]
    pages.append(staff.get(f"/admin/accounts/user/{User.objects.get().pk}/change/"))
    for page in pages:
        words = re.sub(r"<script.*?</script>|<[^>]+>", " ", page.content.decode(), flags=re.S)
        assert not re.search(r"\blog(ged|ging)?[ -]?(in|out)\b|credentials", words, re.IGNORECASE)


def test_a_user_without_a_role_is_signed_out_at_once(admin_user: User) -> None:
    staff = make_staff()
    client = sign_in_with_password(staff)
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"


def test_account_pages_are_private_and_have_the_strict_policy(admin_user: User) -> None:
    client = sign_in(admin_user)
    for path in ("/admin/account/", SESSIONS, "/admin/account/app/add/", "/admin/account/passkeys/add/"):
        response = client.get(path)
        assert "no-store" in response["Cache-Control"]
        assert "'nonce-" in response["Content-Security-Policy"]
        page = response.content.decode()
        scripts = re.findall(r"<script([^>]*)>", page)
        assert all("src=" in script or 'type="application/json"' in script for script in scripts)
        assert " style=" not in page
        assert not re.search(r"\son\w+=", page)


@pytest.mark.parametrize("path", ["/", "/blog/", "/search/?q=knee", "/contact/", "/nothing/"])
def test_visitors_get_no_cookie_and_public_pages_do_not_depend_on_it(path: str, settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["owner"]
    make_example_site()
    response: Any = Client().get(path)
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()
    assert not getattr(response.wsgi_request, "_account_login_accessed", False)
    assert not response.wsgi_request.session.accessed


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_account_pages_are_accessible_and_fit_a_phone(admin_page: Page, admin_user: User) -> None:
    add_app(admin_user)
    Authenticator.objects.create(user=admin_user, type="webauthn", data={"name": "My phone", "credential": {}})
    paths = [
        "",
        "email/",
        "password/",
        "passkeys/",
        "app/remove/",
        "recovery-codes/",
        "recovery-codes/new/",
        "sessions/",
    ]
    paths += ["confirm/", "confirm/code/", "passkeys/1/remove/"]
    found: dict[str, list[str]] = {}
    for path, (width, scheme) in zip(paths, cycle(VIEWS)):
        admin_page.set_viewport_size({"width": width, "height": 900})
        admin_page.emulate_media(color_scheme=scheme)
        admin_page.goto(f"/admin/account/{path}")
        found[path] = violations(admin_page)
        if admin_page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[path].append("scrolls sideways")
    admin_page.context.clear_cookies()
    for path in ("/admin/login/", "/admin/password-reset/"):
        admin_page.goto(path)
        found[path] = violations(admin_page)
    assert {path: problems for path, problems in found.items() if problems} == {}
