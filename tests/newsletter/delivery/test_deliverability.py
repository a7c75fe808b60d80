"""newsletter_doctor asks a real name server for the records that receiving mail servers check."""

import threading
from collections.abc import Iterator
from io import StringIO
from socketserver import BaseRequestHandler, ThreadingUDPServer

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from newsletter.delivery.deliverability import settings_problems
from newsletter.models import NewsletterSettings
from ptcomplete.email_settings import mailers

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

VALID_RECORDS = {
    ("news.example.com.", "MX"): ["10 mail.example.com."],
    ("news.example.com.", "TXT"): ['"something else"', '"v=spf1 include:provider.example " "-all"'],
    ("_dmarc.example.com.", "TXT"): ['"v=DMARC1; p=none"'],
    ("s1._domainkey.news.example.com.", "TXT"): ['"v=DKIM1; k=rsa; " "p=MIGf"'],
}


class NameServer(BaseRequestHandler):
    """Answers from a dictionary."""

    records: dict[tuple[str, str], list[str]] = {}
    is_broken = False

    def handle(self) -> None:
        data, socket = self.request
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        question = query.question[0]
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        if self.is_broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif rows := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *rows))
        elif not any(name == each for each, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def name_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[NameServer]]:
    """Return a name server with all required records, and a site with all required settings."""
    settings.SITE_URL = "https://www.example.com"
    settings.MAILERS = mailers("smtp://127.0.0.1")
    NewsletterSettings.objects.create(from_email="sam@news.example.com", postal_address="Main Street 1")
    handler = type("TestNameServer", (NameServer,), {"records": dict(VALID_RECORDS)})
    with ThreadingUDPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.server_address[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        yield handler
        server.shutdown()


def run_doctor(selector: str = "s1") -> str:
    """Return the output or the error of newsletter_doctor."""
    out = StringIO()
    try:
        call_command("newsletter_doctor", selector=selector, stdout=out)
    except CommandError as error:
        return str(error)
    return out.getvalue()


def test_no_problems_are_reported_for_a_valid_setup(name_server: type[NameServer]) -> None:
    assert run_doctor() == "No problems found.\n"
    assert "DKIM was not checked" in run_doctor(selector="")


@pytest.mark.parametrize(
    ("question", "records", "expected"),
    [
        (("news.example.com.", "MX"), [], "can't receive email"),
        (("news.example.com.", "TXT"), ['"v=other"'], "has no SPF record"),
        (("news.example.com.", "TXT"), ['"v=spf1 -all"', '"v=spf1 ~all"'], "has 2 SPF records"),
        (("news.example.com.", "TXT"), ['"v=spf1 +all"'], "allows any server to send"),
        (("_dmarc.example.com.", "TXT"), ['"v=DMARC2"'], "has no DMARC record"),
        (("s1._domainkey.news.example.com.", "TXT"), ['"v=DKIM1; p="'], "no DKIM key"),
        (("s1._domainkey.news.example.com.", "TXT"), [], "no DKIM key"),
    ],
)
def test_only_the_missing_record_is_reported(
    name_server: type[NameServer], question: tuple[str, str], records: list[str], expected: str
) -> None:
    name_server.records[question] = records
    assert expected in run_doctor()
    assert len(run_doctor().splitlines()) == 1


def test_settings_problems_are_reported_too(name_server: type[NameServer], settings: Settings) -> None:
    settings.SITE_URL = "http://www.example.com"
    assert "https://" in run_doctor()


def test_broken_name_server_is_not_reported_as_missing_records(name_server: type[NameServer]) -> None:
    name_server.is_broken = True
    assert "DNS did not respond for news.example.com" in run_doctor()
    assert "SPF" not in run_doctor()


def test_local_site_needs_neither_https_nor_its_own_domain(settings: Settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    newsletter_settings = NewsletterSettings(from_email="newsletter@example.com", postal_address="Main Street 1")
    assert settings_problems(newsletter_settings) == []
    settings.SITE_URL = "http://127.0.0.1.example.net"
    assert len(settings_problems(newsletter_settings)) == 2
