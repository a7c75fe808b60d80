"""Second factors: codes of an app, recovery codes, and roles that must have one."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts import sign_in as limits
from accounts.models import AccountEmail, AuditEvent, User
from accounts.roles import Role
from tests.accounts.second_factors import SECRET, add_app, app_code, recovery_codes
from tests.accounts.staff import make_staff, sign_in

PASSWORD = "a password for tests"
SIGN_IN, CODE, ACCOUNT = "/admin/login/", "/admin/login/code/", "/admin/account/"
pytestmark = pytest.mark.django_db


def enter_password(user: User, *, client: Client | None = None, to: str = "") -> Client:
    """Return a client that has passed the first step."""
    client = client or Client()
    response = client.post(SIGN_IN, {"login": user.email, "password": PASSWORD, "next": to})
    assert (response.status_code, response["Location"]) == (302, CODE)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_an_app_is_added_with_a_code_and_brings_recovery_codes(
    admin_client: Client, admin_user: User, django_capture_on_commit_callbacks: Any
) -> None:
    page = admin_client.get("/admin/account/app/add/").content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    found = re.search(r'class="app-key">([A-Z2-7]+)<', page)
    assert found
    wrong = admin_client.post("/admin/account/app/add/", {"code": "000000"})
    assert b"This code is not correct, or it has expired." in wrong.content
    with django_capture_on_commit_callbacks(execute=True):
        response = admin_client.post("/admin/account/app/add/", {"code": app_code(found[1])}, follow=True)
    assert all(code in response.content.decode() for code in recovery_codes(admin_user))
    assert "factor_added" in kinds()
    assert AccountEmail.objects.get().detail == "An authenticator app was added to your account."
    download = admin_client.get("/admin/account/recovery-codes/download/")
    assert download.content.decode().split() == recovery_codes(admin_user)


def test_the_password_alone_does_not_sign_in(admin_user: User) -> None:
    add_app(admin_user)
    client = enter_password(admin_user, to="/admin/blog/post/")
    assert not is_signed_in(client)
    response = client.post(CODE, {"code": app_code()})
    assert (response.status_code, response["Location"]) == (302, "/admin/blog/post/")
    assert is_signed_in(client)
    event = AuditEvent.objects.get(kind="signed_in")
    assert event.subject == "password, code of the app"


def test_a_code_works_once(admin_user: User) -> None:
    add_app(admin_user)
    code = app_code()
    first, second = enter_password(admin_user), enter_password(admin_user)
    assert first.post(CODE, {"code": code}).status_code == 302
    response = second.post(CODE, {"code": f"{code[:3]} {code[3:]}"})
    assert not is_signed_in(second)
    assert response.status_code == 200
    assert "code_failed" in kinds()
    assert second.post(CODE, {"code": app_code(steps=1)}).status_code == 302


def test_a_used_code_is_refused_in_every_process(admin_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    add_app(admin_user)
    code = app_code()
    assert enter_password(admin_user).post(CODE, {"code": code}).status_code == 302
    # The cache of another process does not have allauth's own note of it.
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.cache.add", lambda *args, **options: True)
    other = enter_password(admin_user)
    assert b"This code was used already. Wait for the next one." in other.post(CODE, {"code": code}).content
    assert not is_signed_in(other)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_sent_twice_at_once_works_once(kind: str, admin_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.cache.add", lambda *args, **options: True)
    add_app(admin_user)
    code = app_code() if kind == "app" else recovery_codes(admin_user)[0]
    clients = [enter_password(admin_user) for _ in range(4)]

    def one(client: Client) -> int:
        try:
            return client.post(CODE, {"code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(one, clients))
    assert sorted(statuses) == [200, 200, 200, 302]


def test_an_old_or_foreign_code_is_refused(admin_user: User) -> None:
    add_app(admin_user)
    other = make_staff()
    add_app(other)
    Authenticator.objects.filter(user=other, type="totp").update(data={"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"})
    client = enter_password(admin_user)
    for code in (
        app_code(steps=-3),
        app_code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        recovery_codes(other)[0],
        "",
        "x" * 999,
    ):
        assert client.post(CODE, {"code": code}).status_code == 200
    assert not is_signed_in(client)


def test_a_recovery_code_works_once_and_is_recorded(admin_user: User) -> None:
    add_app(admin_user)
    code = recovery_codes(admin_user)[3]
    client = enter_password(admin_user)
    assert client.post(CODE, {"code": code}).status_code == 302
    assert is_signed_in(client)
    assert AuditEvent.objects.get(kind="recovery_code_used").subject == "9 left"
    again = enter_password(admin_user)
    assert again.post(CODE, {"code": code}).status_code == 200
    assert not is_signed_in(again)


def test_new_recovery_codes_replace_the_old_ones(admin_user: User, django_capture_on_commit_callbacks: Any) -> None:
    add_app(admin_user)
    old = recovery_codes(admin_user)
    client = sign_in(admin_user)
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post("/admin/account/recovery-codes/new/", follow=True).content.decode()
    assert set(old).isdisjoint(recovery_codes(admin_user))
    assert recovery_codes(admin_user)[0] in page
    assert "new_recovery_codes" in kinds()


def test_codes_are_limited_and_the_limit_is_logged(admin_user: User) -> None:
    add_app(admin_user)
    client = enter_password(admin_user)
    statuses = [client.post(CODE, {"code": f"{number:06}"}).status_code for number in range(12)]
    assert statuses == [200] * limits.LIMIT_PER_ACCOUNT_AND_NETWORK + [429] * 2
    response = client.post(CODE, {"code": app_code()})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert b"Too many attempts to sign in." in response.content
    assert kinds().count("sign_in_limited") == 1
    assert kinds().count("code_failed") == limits.LIMIT_PER_ACCOUNT_AND_NETWORK


def test_a_new_password_by_email_does_not_replace_the_second_factor(admin_user: User) -> None:
    add_app(admin_user)
    email = AccountEmail.objects.create(email=admin_user.email, kind="reset").build_email()
    assert email
    found = re.search(r"http://testserver(/admin/password/\S+)", str(email.body))
    assert found
    client = Client()
    new = {"new_password1": "kneecap-orbit-47", "new_password2": "kneecap-orbit-47"}
    response = client.post(client.get(found[1])["Location"], new)
    assert response["Location"] == CODE
    assert not is_signed_in(client)
    assert client.post(CODE, {"code": app_code()}).status_code == 302
    assert is_signed_in(client)


def test_removing_the_app_removes_the_recovery_codes(admin_user: User) -> None:
    add_app(admin_user)
    client = sign_in(admin_user)
    assert client.post("/admin/account/app/remove/").status_code == 302
    assert not Authenticator.objects.exists()
    subjects = list(AuditEvent.objects.filter(kind="factor_removed").order_by("pk").values_list("subject", flat=True))
    assert subjects == ["authenticator app", "recovery codes"]


# ---- Roles that must have one -------------------------------------------------------------------


@pytest.mark.parametrize("has_app", [False, True])
@pytest.mark.parametrize("role", list(Role))
def test_a_role_without_its_second_factor_can_only_add_one(role: Role, has_app: bool, settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["owner", "editor"]
    user = User.objects.create_user("person@example.com", PASSWORD, is_staff=True)
    user.set_role(role)
    user.save()
    if has_app:
        add_app(user)
    client = sign_in(user)
    is_stopped = role in {"owner", "editor"} and not has_app
    pages = ["/admin/", "/", "/admin/account/sessions/", "/admin/account/email/", "/admin/account/password/"]
    for path in pages:
        response = client.get(path)
        assert (response.status_code == 302) == is_stopped, path
        assert not is_stopped or response["Location"] == ACCOUNT
    changes = client.post("/admin/account/sessions/")
    assert (changes.status_code == 403) == is_stopped
    for path in (ACCOUNT, "/admin/account/passkeys/add/", "/admin/account/app/add/"):
        assert client.get(path, follow=True).status_code == 200
    assert client.post("/admin/logout/").status_code == 302


def test_a_person_who_must_add_a_second_factor_continues_after_it(admin_client: Client, settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["owner"]
    page = admin_client.get("/admin/", follow=True).content.decode()
    assert "Your role needs a second way to confirm that it is you." in page
    found = re.search(r'class="app-key">([A-Z2-7]+)<', admin_client.get("/admin/account/app/add/").content.decode())
    assert found
    admin_client.post("/admin/account/app/add/", {"code": app_code(found[1])})
    assert is_signed_in(admin_client)


def test_recovery_codes_alone_are_no_second_factor(admin_client: Client, admin_user: User, settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["owner"]
    add_app(admin_user)
    Authenticator.objects.filter(type="totp").delete()
    assert admin_client.get("/admin/")["Location"] == ACCOUNT


def test_a_new_role_counts_at_the_next_click(admin_client: Client, settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["editor"]
    user = make_staff()
    client = sign_in(user)
    assert is_signed_in(client)
    user.set_role("editor")
    user.save()
    assert client.get("/admin/")["Location"] == ACCOUNT


def test_requiring_a_second_factor_costs_no_query(admin_user: User, settings: Settings) -> None:
    add_app(admin_user)
    client = sign_in(admin_user)
    counts = []
    for roles in ([], ["owner"]):
        settings.SECOND_FACTOR_ROLES = roles
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/admin/jsi18n/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] > 0


def test_a_role_that_does_not_exist_fails_the_system_check(settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["owner", "admin"]
    with pytest.raises(Exception, match="accounts.E001"):
        call_command("check")


# ---- A lost phone -------------------------------------------------------------------------------


def test_the_command_resets_second_factors_and_is_recorded(admin_user: User, capsys: Any) -> None:
    add_app(admin_user)
    client = sign_in(admin_user)
    call_command("reset_second_factors", "Owner@Example.com")
    assert not Authenticator.objects.exists()
    event = AuditEvent.objects.get(kind="factors_reset")
    assert (event.user, event.subject) == (admin_user, "owner@example.com, by command on the server")
    assert "owner@example.com can sign in with the password alone" in capsys.readouterr().out
    assert is_signed_in(client)
    with pytest.raises(CommandError, match="No account has the email address x@example.com"):
        call_command("reset_second_factors", "x@example.com")
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("reset_second_factors", admin_user.email)


def test_an_owner_resets_the_second_factors_of_another_person(admin_user: User) -> None:
    other = make_staff()
    add_app(other)
    data = {"action": "reset_factors", "_selected_action": [other.pk, admin_user.pk], "index": 0}
    page = sign_in(admin_user).post("/admin/accounts/user/", data, follow=True).content.decode()
    assert not Authenticator.objects.exists()
    assert "Removed the second factors of staff@example.com, who can now sign in with the password alone." in page
    assert "Nothing to remove: owner@example.com has no second factor." in page
    event = AuditEvent.objects.get(kind="factors_reset")
    assert (event.user, event.subject) == (admin_user, "staff@example.com, by an owner of the site")
    assert AccountEmail.objects.get().email == "staff@example.com"


def test_only_owners_reset_second_factors(admin_user: User) -> None:
    add_app(admin_user)
    manager = make_staff("accounts.view_user", "accounts.change_user")
    data = {"action": "reset_factors", "_selected_action": [admin_user.pk], "index": 0}
    sign_in(manager).post("/admin/accounts/user/", data, follow=True)
    assert Authenticator.objects.filter(user=admin_user).count() == 2


def test_the_list_of_users_shows_who_has_a_second_factor(admin_client: Client) -> None:
    add_app(make_staff())
    rows = admin_client.get("/admin/accounts/user/").context["cl"].queryset
    assert {user.email: user.has_second_factor for user in rows} == {
        "owner@example.com": False,
        "staff@example.com": True,
    }


def test_the_secret_of_an_app_is_not_stored_in_the_clear(admin_client: Client) -> None:
    found = re.search(r'class="app-key">([A-Z2-7]+)<', admin_client.get("/admin/account/app/add/").content.decode())
    assert found
    admin_client.post("/admin/account/app/add/", {"code": app_code(found[1])})
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert found[1] not in stored
    assert SECRET not in stored


def test_a_new_secret_key_needs_the_former_one(admin_user: User, settings: Settings) -> None:
    add_app(admin_user)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert enter_password(admin_user).post(CODE, {"code": app_code()}).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    client = enter_password(admin_user)
    assert client.post(CODE, {"code": app_code(steps=1)}).status_code == 200
    assert len({tuple(recovery_codes(admin_user)) for _ in range(3)}) == 3
    assert not is_signed_in(client)
    assert sign_in(admin_user).get(ACCOUNT).status_code == 200
