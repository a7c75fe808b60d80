"""The create_owner command."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_creates_an_owner_and_later_sets_a_new_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for password, message in (("a first long password", "Created the owner"), ("a second long one", "new password")):
        monkeypatch.setenv("OWNER_PASSWORD", password)
        call_command("create_owner", "Sam@Example.com", password_env="OWNER_PASSWORD")
        assert message in capsys.readouterr().out
        owner = User.objects.get()
        assert (owner.email, owner.is_staff, owner.is_superuser) == ("sam@example.com", True, True)
        assert owner.check_password(password)


@pytest.mark.parametrize(
    ("email", "password", "error"),
    [
        ("sam", "a long password", "valid email"),
        ("sam@example.com", "12345678", "too common"),
        ("sam@example.com", "", "is not set"),
    ],
)
def test_rejects_invalid_email_addresses_and_passwords(
    email: str, password: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNER_PASSWORD", password)
    with pytest.raises(CommandError, match=error):
        call_command("create_owner", email, password_env="OWNER_PASSWORD")
    assert User.objects.count() == 0
