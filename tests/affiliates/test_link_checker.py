"""The link check: which links are broken or unknown, which are never contacted, and the email about broken ones."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from affiliates import link_checker
from affiliates.models import BrokenLinksEmail, Link, Program
from outbox import sending
from pagecache.versions import read_versions
from tests.affiliates.factories import make_link
from tests.local_server import allow_local_requests

pytestmark = pytest.mark.any_database

STATUSES = {
    "/fine": 200,
    "/moved": 301,
    "/refused": 403,
    "/gone": 404,
    "/gone-for-good": 410,
    "/slow": 429,
    "/busy": 503,
}
requests: list[str] = []


class _Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        requests.append(f"{self.path} {self.headers['User-Agent']}")
        self.send_response(STATUSES[self.path])
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a local shop that answers for shop.example.com."""
    requests.clear()
    server = HTTPServer(("127.0.0.1", 0), _Shop)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    check_url = link_checker.check_url
    local_url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(
        link_checker, "check_url", lambda url: check_url(url.replace("https://shop.example.com", local_url))
    )
    allow_local_requests(monkeypatch)
    yield
    server.shutdown()
    server.server_close()


def check_all(times: int = 1) -> None:
    """Check every link `times` times, as if a week had passed before each."""
    for _ in range(times):
        Link.objects.filter(checked_at__isnull=False).update(checked_at=timezone.now() - timedelta(days=8))
        while link_checker.check_next():
            Link.objects.filter(checked_at__gt=timezone.now() - timedelta(hours=1)).update(
                checked_at=timezone.now() - timedelta(hours=1)
            )


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        ("/fine", "ok", "ok"),
        ("/moved", "ok", "ok"),
        ("/refused", "unknown", "unknown"),
        ("/slow", "unknown", "unknown"),
        ("/busy", "unknown", "unknown"),
        ("/gone", "unknown", "broken"),
        ("/gone-for-good", "unknown", "broken"),
    ],
)
def test_a_link_is_broken_when_it_is_not_found_twice(
    shop: Program, server: None, path: str, first: str, second: str
) -> None:
    link = make_link(shop, destination=f"https://shop.example.com{path}?ref=me")
    link.destination = f"https://shop.example.com{path}"
    for expected in (first, second):
        check_all()
        link.refresh_from_db()
        assert link.health == expected
        assert link.check_result
    assert len(requests) == 2
    assert "ref=" not in "".join(requests)
    assert "compatible; PT Complete; +http" in requests[0]


def test_no_response_means_unknown_and_does_not_count_as_failure(
    shop: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = make_link(shop, destination="https://shop.example.com/x")
    link.failed_checks = 1
    status = link_checker.check_url("http://127.0.0.1:1/")
    assert status == (0, "The shop did not respond")
    monkeypatch.setattr(link_checker, "check_url", lambda url: status)
    link_checker.check(link)
    link.refresh_from_db()
    assert (link.health, link.failed_checks) == ("unknown", 0)


def send() -> None:
    """Queue and send the email, as if an hour had passed."""
    link_checker.check_next()
    BrokenLinksEmail.objects.filter(attempts=0).update(next_attempt_at=timezone.now())
    sending.send_due_emails()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:7f00:1]"])
def test_private_hosts_are_never_requested(
    shop: Program, server: None, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.undo()
    connections: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **options: connections.append(args))
    assert link_checker.check_url(f"http://{host}/fine")[0] == 0
    assert connections == requests == []


def test_a_shop_that_does_not_respond_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_checker, "MAX_SECONDS", 0.3)
    allow_local_requests(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        start = time.monotonic()
        assert link_checker.check_url(f"http://127.0.0.1:{slow.getsockname()[1]}/") == (0, "The shop did not respond")
    assert time.monotonic() - start < 5


def test_a_check_does_not_invalidate_cached_pages(shop: Program, server: None) -> None:
    make_link(shop, destination="https://shop.example.com/gone")
    before = read_versions("/")
    check_all(3)
    assert BrokenLinksEmail.objects.exists()
    assert read_versions("/") == before


def test_all_links_broken_on_a_day_are_reported_once_in_one_email(
    admin_user: User, shop: Program, server: None, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    monkeypatch.setitem(STATUSES, "/gone/2", 404)
    first, second = (
        make_link(shop, name=name, destination=f"https://shop.example.com{path}")
        for name, path in (("Old mat", "/gone"), ("Old <band>", "/gone/2"))
    )
    check_all(3)
    sending.send_due_emails()
    assert mailoutbox == []
    for _ in range(3):
        send()
    (email,) = mailoutbox
    assert (email.subject, email.to) == ("2 affiliate links are broken", [admin_user.email])
    assert f"Old <band>\n  {second.destination}\n\nOld mat\n  {first.destination}\n" in email.body
    assert "http://testserver/admin/affiliates/link/?show=broken" in email.body
    # A link that works again and then breaks is reported again, but not on the same day.
    monkeypatch.setitem(STATUSES, "/gone", 200)
    check_all()
    monkeypatch.setitem(STATUSES, "/gone", 404)
    check_all(3)
    send()
    assert len(mailoutbox) == 1
    BrokenLinksEmail.objects.update(day=timezone.localdate() - timedelta(days=1))
    send()
    assert mailoutbox[1].subject == "An affiliate link is broken"
    assert "Old mat" in mailoutbox[1].body


def test_a_link_fixed_before_the_email_is_sent_is_not_reported(
    admin_user: User, shop: Program, server: None, mailoutbox: list[EmailMessage]
) -> None:
    link = make_link(shop, destination="https://shop.example.com/gone")
    check_all(3)
    link.refresh_from_db()
    link.destination = "https://shop.example.com/fine"
    link.save()
    send()
    assert mailoutbox == []
    assert not BrokenLinksEmail.objects.due().exists()


def test_a_page_that_is_back_is_not_broken(shop: Program, server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    link = make_link(shop, destination="https://shop.example.com/gone")
    check_all(2)
    monkeypatch.setitem(STATUSES, "/gone", 200)
    check_all()
    link.refresh_from_db()
    assert (link.health, link.failed_checks) == ("ok", 0)


def test_amazon_and_retired_links_are_never_requested(amazon: Program, shop: Program, server: None) -> None:
    make_link(amazon)
    make_link(shop, destination="https://shop.example.com/fine").retire()
    check_all(2)
    assert requests == []


def test_a_shop_gets_a_request_every_20_seconds_and_a_link_one_a_week(shop: Program, server: None) -> None:
    for path in ("/fine", "/moved", "/busy"):
        make_link(shop, destination=f"https://shop.example.com{path}")
    assert [link_checker.check_next(), link_checker.check_next()] == [1, 0]
    Link.objects.filter(checked_at__isnull=False).update(checked_at=timezone.now() - timedelta(minutes=1))
    assert link_checker.check_next() == 1
    Link.objects.filter(checked_at__isnull=False).update(checked_at=timezone.now() - timedelta(minutes=1))
    assert link_checker.check_next() == 1
    Link.objects.update(checked_at=timezone.now() - timedelta(days=6))
    assert link_checker.check_next() == 0
    assert [line.split()[0] for line in requests] == ["/fine", "/moved", "/busy"]


def test_a_link_that_failed_once_is_checked_sooner(shop: Program, server: None) -> None:
    make_link(shop, destination="https://shop.example.com/gone")
    assert link_checker.check_next() == 1
    Link.objects.update(checked_at=timezone.now() - timedelta(days=2))
    assert link_checker.check_next() == 1
    Link.objects.update(checked_at=timezone.now() - timedelta(days=2))
    assert link_checker.check_next() == 0


def test_a_new_url_is_checked_at_once(shop: Program, server: None) -> None:
    link = make_link(shop, destination="https://shop.example.com/gone")
    check_all(2)
    link.refresh_from_db()
    link.destination = "https://shop.example.com/fine"
    link.save()
    assert (link.health, link.checked_at) == ("", None)
    assert link_checker.check_next() == 1


def test_a_link_with_another_url_is_reported_again_when_it_breaks(
    admin_user: User, shop: Program, server: None, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[EmailMessage]
) -> None:
    monkeypatch.setitem(STATUSES, "/gone/2", 404)
    link = make_link(shop, destination="https://shop.example.com/gone")
    check_all(3)
    send()
    BrokenLinksEmail.objects.update(day=timezone.localdate() - timedelta(days=1))
    link.refresh_from_db()
    link.destination = "https://shop.example.com/gone/2"
    link.save()
    link.refresh_from_db()
    assert link.report is None
    check_all(3)
    send()
    assert [email.subject for email in mailoutbox] == ["An affiliate link is broken"] * 2


def test_the_command_checks_all_links_and_lists_broken_ones(
    shop: Program, server: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(link_checker, "HOST_INTERVAL", timedelta(0))
    make_link(shop, destination="https://shop.example.com/fine")
    make_link(shop, name="Old mat", destination="https://shop.example.com/gone")
    Link.objects.filter(name="Old mat").update(failed_checks=1)
    call_command("check_links")
    assert capsys.readouterr().out.splitlines() == [
        "2 checked, 1 broken.",
        "  Old mat: https://shop.example.com/gone",
    ]


def test_the_dashboard_shows_the_number_of_broken_links(shop: Program, admin_client: Client) -> None:
    link = make_link(shop)
    assert "broken affiliate link" not in admin_client.get("/admin/").content.decode()
    Link.objects.filter(pk=link.pk).update(health="broken")
    page = admin_client.get("/admin/").content.decode()
    assert "1 broken affiliate link" in page
    assert "/admin/affiliates/link/?show=broken" in page
