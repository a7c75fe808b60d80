"""The local mailcatcher shows every email it receives and trusts none of them."""

import http.client
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from outbox import mailcatcher
from outbox.mailcatcher import Mailcatcher
from ptcomplete.management.commands.run_local import free_port as wanted_port
from tests.mail_server import free_port
from tests.test_settings import manage

HOSTILE = '<html><head lang="en"></head><script>alert(1)</script><img src="https://spy.example/x.gif"></html>'


@pytest.fixture
def ports(settings: Settings) -> Iterator[tuple[int, int]]:
    """Run a mailcatcher; return the ports of its web page and its mail server."""
    settings.SITE_URL = "http://127.0.0.1:8000"
    port, smtp_port = free_port(), free_port()
    with Mailcatcher(port, smtp_port):
        yield port, smtp_port


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers={"Host": host})
    response = connection.getresponse()
    return response.status, response.read().decode(errors="replace"), response.headers


def send(port: int, email: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail("us@example.com", ["ana@example.org"], email)


def test_email_is_listed_and_shown_as_html_text_and_source(ports: tuple[int, int]) -> None:
    port, smtp_port = ports
    assert "No emails yet" in get(port, "/")[1]
    message = EmailMessage()
    message["Subject"] = "Bend <b>knees</b>"
    message.set_content("Words at https://example.com/x/\n")
    message.add_alternative("<html><head></head><p>Words</p></html>", subtype="html")
    send(smtp_port, message.as_bytes())
    status, page, _ = get(port, "/")
    assert (status, "Bend &lt;b&gt;knees&lt;/b&gt;" in page, "ana@example.org" in page) == (200, True, True)
    page = get(port, "/1/")[1]
    assert '<a href="https://example.com/x/"' in page
    assert 'src="/1/html/" sandbox="allow-popups ' in page
    assert get(port, "/1/html/")[1] == '<html><head><base target="_blank"></head><p>Words</p></html>\n'
    assert "Content-Type: multipart/alternative" in get(port, "/1/source/")[1]
    assert get(port, "/static/outbox/mailcatcher.css")[0] == 200


def test_html_email_cannot_run_scripts_or_load_remote_content(ports: tuple[int, int]) -> None:
    port, smtp_port = ports
    send(smtp_port, f"Subject: x\r\nContent-Type: text/html\r\n\r\n{HOSTILE}".encode())
    policy = get(port, "/1/html/")[2]["Content-Security-Policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox;" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "https" not in policy
    for path in ("/", "/1/", "/1/source/"):
        _, page, headers = get(port, path)
        assert "<script" not in page or headers["Content-Type"].startswith("text/plain")
        assert headers["Content-Security-Policy"] in ("default-src 'self'", "default-src 'none'")


@pytest.mark.parametrize(
    "email",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?nobody?q?knows?=\r\nFrom: <<>>@\r\n\r\n",
        b"Content-Type: text/html; charset=nobody-knows\r\n\r\n<p>\xe4",
        b"Content-Type: text/plain; charset=utf-16\r\n\r\n\xd8",
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed\r\n\r\n--x",
        b"Content-Transfer-Encoding: base64\r\nContent-Type: text/html\r\n\r\n%%%",
        b"Subject: \xff\r\n\r\n" + b"x\r\n" * 50_000,
    ],
)
def test_malformed_email_is_shown_as_far_as_possible(ports: tuple[int, int], email: bytes) -> None:
    port, smtp_port = ports
    send(smtp_port, email)
    assert [get(port, path)[0] for path in ("/", "/1/", "/1/html/", "/1/source/")] == [200] * 4


@pytest.mark.parametrize("path", ["/2/", "/nowhere", "/1/other/", "/static/../manage.py", "/static//etc/passwd.css"])
def test_unknown_path_is_not_found(ports: tuple[int, int], path: str) -> None:
    assert get(ports[0], path)[0] == 404


def test_foreign_host_name_is_rejected(ports: tuple[int, int]) -> None:
    assert get(ports[0], "/", host="evil.example")[0] == 403
    assert get(ports[0], "/", host="localhost:8025")[0] == 200


def test_oldest_emails_are_dropped(ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = mailcatcher.Inbox()
    monkeypatch.setattr(inbox, "_emails", mailcatcher.deque(maxlen=2))
    for number in range(1, 4):
        inbox._emails.appendleft(mailcatcher.CaughtEmail(number, [], b""))
    assert inbox.get(1) is None
    assert [email.number for email in inbox.emails] == [3, 2]


def test_it_refuses_to_run_on_a_public_site(tmp_path: Path) -> None:
    result = manage(tmp_path, "mailcatcher")
    assert result.returncode == 1
    assert "runs only where SITE_URL is 127.0.0.1" in result.stderr


def test_taken_port_is_reported_and_make_run_picks_another(settings: Settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert wanted_port(taken) != taken
        for page, smtp in ((taken, free_port()), (free_port(), taken)):
            with pytest.raises(CommandError, match="is taken"):
                call_command("mailcatcher", port=page, smtp_port=smtp)
    assert wanted_port(70_000) < 65_536
