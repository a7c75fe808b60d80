"""`manage.py check --deploy` reports a missing mail server."""

from pytest_django import Settings

from outbox.checks import check_mail_server


def test_site_without_a_mail_server_is_reported(settings: Settings) -> None:
    assert check_mail_server() == []
    settings.MAILERS = {}
    (message,) = check_mail_server()
    assert message.id == "outbox.I001"
    assert "EMAIL_URL" in str(message.hint)
