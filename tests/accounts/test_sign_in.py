"""Signing in: limits, the audit log, and answers that do not reveal which accounts exist."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import sign_in
from accounts.models import AuditEvent, User
from tests.accounts.staff import make_staff

PASSWORD = "a password for tests"
LOGIN = "/admin/login/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of passwords that are hashed."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting_encode(self: MD5PasswordHasher, password: str, *args: Any) -> str:
        hashed.append(password)
        return encode(self, password, *args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting_encode)
    return hashed


def attempt(client: Client, email: str, password: str = "wrong", *, ip: str = "203.0.113.7", **data: str) -> Any:
    return client.post(LOGIN, {"login": email, "password": password, **data}, REMOTE_ADDR=ip)


def test_ten_wrong_attempts_are_limited_before_hashing(client: Client, admin_user: User, hashes: list[str]) -> None:
    for _ in range(sign_in.LIMIT_PER_ACCOUNT_AND_NETWORK):
        assert attempt(client, admin_user.email).status_code == 200
    hashes.clear()
    response = attempt(client, "Owner@Example.com", PASSWORD, next="/admin/blog/post/")
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert hashes == []
    page = response.content.decode()
    assert "Too many attempts to sign in. Your entry was not checked. Try again at" in page
    assert 'value="Owner@Example.com"' in page
    assert 'name="next" value="/admin/blog/post/"' in page
    assert "_auth_user_id" not in client.session


def test_a_network_is_limited_over_all_accounts(client: Client, hashes: list[str]) -> None:
    statuses = [attempt(client, f"user-{number}@example.com").status_code for number in range(35)]
    assert statuses == [200] * sign_in.LIMIT_PER_NETWORK + [429] * 5
    assert len(hashes) == sign_in.LIMIT_PER_NETWORK
    assert attempt(client, "user-1@example.com", ip="198.51.100.1").status_code == 200


def test_an_account_is_limited_over_all_networks_but_not_for_its_own_browser(admin_user: User) -> None:
    own_browser, other_browser = Client(), Client()
    assert attempt(own_browser, admin_user.email, PASSWORD).status_code == 302
    own_browser.post("/admin/logout/")
    statuses = [
        attempt(Client(), admin_user.email, ip=f"198.51.{number}.1").status_code
        for number in range(sign_in.LIMIT_PER_ACCOUNT + 5)
    ]
    assert 429 in statuses
    assert attempt(other_browser, admin_user.email, PASSWORD, ip="192.0.2.1").status_code == 429
    assert attempt(own_browser, admin_user.email, PASSWORD).status_code == 302


def test_the_cookie_of_a_browser_is_of_no_use_for_another_account(admin_user: User) -> None:
    staff = make_staff()
    browser = Client()
    assert attempt(browser, staff.email, PASSWORD).status_code == 302
    assert sign_in.BROWSER_COOKIE in browser.cookies
    browser.post("/admin/logout/")
    for number in range(sign_in.LIMIT_PER_ACCOUNT):
        attempt(Client(), admin_user.email, ip=f"198.51.{number}.1")
    assert attempt(browser, admin_user.email, PASSWORD).status_code == 429


def test_the_limits_end_with_the_hour(client: Client, admin_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(sign_in.LIMIT_PER_ACCOUNT_AND_NETWORK + 1):
        response = attempt(client, admin_user.email)
    assert response.status_code == 429
    later = timezone.localtime() + timedelta(hours=1)
    monkeypatch.setattr("public_forms.ratelimit.timezone.localtime", lambda *_: later)
    assert attempt(client, admin_user.email, PASSWORD).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_time_are_counted_exactly(admin_user: User) -> None:
    def one(_: int) -> int:
        try:
            return int(attempt(Client(), admin_user.email).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(one, range(16)))
    assert statuses.count(200) == sign_in.LIMIT_PER_ACCOUNT_AND_NETWORK
    assert statuses.count(429) == 6


def test_sign_ins_and_failures_are_logged_without_what_was_typed(client: Client, admin_user: User) -> None:
    attempt(client, "unknown@example.com", "my secret password")
    attempt(client, admin_user.email)
    attempt(client, admin_user.email, PASSWORD)
    client.post("/admin/logout/")
    events = list(AuditEvent.objects.order_by("pk").values_list("kind", "user_email", "network"))
    assert not AuditEvent.objects.filter(subject__contains="secret").exists()
    assert events == [
        ("sign_in_failed", "", "203.0.113.0/24"),
        ("sign_in_failed", admin_user.email, "203.0.113.0/24"),
        ("signed_in", admin_user.email, "203.0.113.0/24"),
        ("signed_out", admin_user.email, "127.0.0.0/24"),
    ]


def test_limited_attempts_are_logged_once_an_hour(client: Client, admin_user: User) -> None:
    for _ in range(sign_in.LIMIT_PER_ACCOUNT_AND_NETWORK + 5):
        attempt(client, admin_user.email)
    assert AuditEvent.objects.filter(kind="sign_in_limited", user=admin_user).count() == 1


def test_every_account_is_rejected_with_the_same_answer_queries_and_hashes(
    client: Client, admin_user: User, hashes: list[str], django_assert_num_queries: Any
) -> None:
    make_staff(email="staff@example.com")
    User.objects.create_user("reader@example.com", PASSWORD)
    User.objects.create_user("former@example.com", PASSWORD, is_staff=True, is_active=False)
    User.objects.create_user("invited@example.com", is_staff=True)
    attempts = [
        ("unknown@example.com", "wrong"),
        (admin_user.email, "wrong"),
        ("staff@example.com", "wrong"),
        ("reader@example.com", "wrong"),
        ("reader@example.com", PASSWORD),
        ("former@example.com", PASSWORD),
        ("invited@example.com", "wrong"),
    ]
    answers, counts = set(), set()
    for email, password in attempts:
        hashes.clear()
        response = attempt(Client(), email, password)
        page = re.sub(r'nonce="[^"]*"|value="[^"]*"', "", response.content.decode())
        answers.add((response.status_code, page, tuple(sorted(response.cookies))))
        counts.add(len(hashes))
    assert len(answers) == 1
    assert counts == {1}


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_foreign_target_ends_at_the_dashboard(target: str, client: Client, admin_user: User) -> None:
    response = client.post(f"{LOGIN}?next={target}", {"login": admin_user.email, "password": PASSWORD, "next": target})
    assert response.status_code == 302
    assert response["Location"] == "/admin/"


def test_the_audit_log_is_append_only_and_forgets_old_events(admin_user: User, settings: Any) -> None:
    event = AuditEvent.objects.record("changed", user=admin_user, subject="the post “Knees”")
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
    old = timezone.now() - timedelta(days=settings.AUDIT_LOG_DAYS + 1)
    AuditEvent.objects.create(kind="changed", created_at=old)
    call_command("worker", once=True)
    assert list(AuditEvent.objects.values_list("pk", flat=True)) == [event.pk]
    admin_user.delete()
    assert AuditEvent.objects.get().user_email == "owner@example.com"
