"""Inviting people by email, and setting a new password, without revealing who has an account."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import views
from accounts.models import AccountEmail, AuditEvent, User, delete_old_account_emails
from accounts.roles import Role
from tests.accounts.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
ADD = "/admin/accounts/user/add/"
RESET = "/admin/password-reset/"
NEW = {"new_password1": "kneecap-orbit-47", "new_password2": "kneecap-orbit-47"}


def built_email() -> EmailMessage:
    email = AccountEmail.objects.latest("pk").build_email()
    assert email is not None
    return email


def link_in(email: EmailMessage) -> str:
    found = re.search(r"http://testserver(/admin/password/\S+)", str(email.body))
    assert found
    return found[1]


def invite(client: Client, role: str = "author", email: str = "Guest@Example.com") -> User:
    assert client.post(ADD, {"email": email, "name": "Gale Guest", "role": role}).status_code == 302
    return User.objects.get(email=email.lower())


def test_the_form_explains_every_role(admin_client: Client) -> None:
    page = admin_client.get(ADD).content.decode()
    for role in Role:
        assert f'value="{role.value}"' in page
    assert "Writes their own drafts and submits them for review." in page
    assert "password" not in page.partition("<fieldset")[2].partition("</fieldset>")[0].lower()
    assert "user_permissions" not in page


@pytest.mark.parametrize("role", list(Role))
def test_an_invited_person_sets_a_password_and_is_signed_in(role: Role, admin_client: Client) -> None:
    user = invite(admin_client, role)
    assert (user.role, user.is_staff, user.is_superuser) == (role, True, role == Role.OWNER)
    assert not user.has_usable_password()
    email = built_email()
    assert email.to == ["Gale Guest <guest@example.com>"]
    assert role.label.lower() in str(email.body)
    client = Client()
    path = client.get(link_in(email)).headers["Location"]
    assert path.endswith("/set-password/")
    response = client.post(path, NEW)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200
    kinds = AuditEvent.objects.order_by("pk").values_list("kind", flat=True)
    assert {"invited", "password", "signed_in"} <= set(kinds)


def test_a_link_works_once_and_expires(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    user = invite(admin_client)
    link = link_in(built_email())
    old = "django.contrib.auth.tokens.PasswordResetTokenGenerator._now"
    with monkeypatch.context() as patch:
        later = (timezone.now() + timedelta(days=3, minutes=1)).replace(tzinfo=None)
        patch.setattr(old, lambda self: later)
        assert b"This link has expired or was already used." in Client().get(link).content
    client = Client()
    client.post(client.get(link).headers["Location"], NEW)
    assert b"This link has expired or was already used." in Client().get(link).content
    forged = re.sub(r"/[^/]+/$", "/abc-0123456789abcdef/", link)
    assert b"This link has expired" in Client().get(forged).content
    user.refresh_from_db()
    assert user.check_password(NEW["new_password1"])


@pytest.mark.django_db(transaction=True)
def test_a_link_used_several_times_at_once_works_once(admin_client: Client) -> None:
    user = invite(admin_client)
    link = link_in(built_email())
    clients = [Client() for _ in range(4)]
    paths = [client.get(link).headers["Location"] for client in clients]

    def set_password(number: int) -> int:
        password = f"kneecap-orbit-{number}"
        try:
            data = {"new_password1": password, "new_password2": password}
            return clients[number].post(paths[number], data).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(set_password, range(4)))
    assert sorted(statuses) == [200, 200, 200, 302]
    user.refresh_from_db()
    assert user.check_password(f"kneecap-orbit-{statuses.index(302)}")
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.PASSWORD).count() == 1


def test_a_link_of_a_person_who_was_locked_out_is_not_sent(admin_client: Client) -> None:
    user = invite(admin_client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert AccountEmail.objects.get().build_email() is None


def test_only_owners_invite(db: None) -> None:
    manager = make_staff("accounts.add_user", "accounts.change_user")
    response = sign_in(manager).post(ADD, {"email": "x@example.com", "name": "X", "role": "owner"})
    assert response.status_code == 403
    assert User.objects.count() == 1


def test_an_invitation_can_be_sent_again_until_there_is_a_password(admin_client: Client, admin_user: User) -> None:
    guest = invite(admin_client)
    data = {"action": "invite_again", "_selected_action": [guest.pk, admin_user.pk], "index": 0}
    page = admin_client.post("/admin/accounts/user/", data, follow=True).content.decode()
    assert AccountEmail.objects.filter(email=guest.email).count() == 2
    assert AccountEmail.objects.count() == 2
    assert f"No email was sent to {admin_user.email}, who has a password." in page


def test_a_changed_role_counts_at_once_and_is_recorded(admin_client: Client) -> None:
    guest = invite(admin_client, "contributor")
    data = {"email": guest.email, "name": "Gale", "role": "editor", "is_active": "on"}
    assert admin_client.post(f"/admin/accounts/user/{guest.pk}/change/", data).status_code == 302
    assert User.objects.get(pk=guest.pk).has_perm("blog.publish_post")
    assert AuditEvent.objects.filter(kind="role", subject="guest@example.com: Editor").exists()
    admin_client.post(f"/admin/accounts/user/{guest.pk}/change/", data | {"role": ""})
    assert not User.objects.get(pk=guest.pk).is_staff


def test_asking_for_a_new_password_does_not_reveal_accounts(admin_user: User, django_assert_num_queries: Any) -> None:
    answers = set()
    Client().get(RESET)  # loads what is loaded once
    for email in (admin_user.email, "unknown@example.com"):
        with django_assert_num_queries(8):
            response = Client().post(RESET, {"email": email})
        answers.add((response.status_code, response["Location"], response.content))
    assert answers == {(302, "/admin/password-reset/sent/", b"")}
    known, unknown = AccountEmail.objects.order_by("pk")
    assert known.build_email() is not None
    assert unknown.build_email() is None


def test_requests_for_a_new_password_are_limited(client: Client, admin_user: User) -> None:
    for _ in range(views.LIMIT_PER_ACCOUNT):
        assert client.post(RESET, {"email": admin_user.email}).status_code == 302
    response = client.post(RESET, {"email": admin_user.email})
    assert response.status_code == 429
    assert b"Too many requests, so no link was sent." in response.content
    assert AccountEmail.objects.count() == views.LIMIT_PER_ACCOUNT


def test_the_sign_in_page_offers_a_new_password(client: Client) -> None:
    assert f'href="{RESET}"' in client.get("/admin/login/").content.decode()
    assert client.get(RESET).status_code == 200


def test_old_requests_are_forgotten(admin_user: User) -> None:
    AccountEmail.objects.create(email="unknown@example.com", kind="reset")
    assert delete_old_account_emails() == 0
    AccountEmail.objects.update(created_at=timezone.now() - timedelta(days=4))
    assert delete_old_account_emails() == 1
