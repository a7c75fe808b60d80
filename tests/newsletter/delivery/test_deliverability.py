"""The doctor of the newsletter asks a real name server what mail providers will ask."""

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

from newsletter.delivery.deliverability import lacks
from newsletter.models import NewsletterSettings
from ptcomplete.email_settings import mailers

pytestmark = pytest.mark.django_db

WELL = {
    ("news.example.com.", "MX"): ["10 mail.example.com."],
    ("news.example.com.", "TXT"): ['"something else"', '"v=spf1 include:provider.example " "-all"'],
    ("_dmarc.example.com.", "TXT"): ['"v=DMARC1; p=none"'],
    ("s1._domainkey.news.example.com.", "TXT"): ['"v=DKIM1; k=rsa; " "p=MIGf"'],
}


class Names(BaseRequestHandler):
    """Answers from a list."""

    known: dict[tuple[str, str], list[str]] = {}
    is_broken = False

    def handle(self) -> None:
        data, socket = self.request
        asked = dns.message.from_wire(data)
        answer = dns.message.make_response(asked)
        question = asked.question[0]
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        if self.is_broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif rows := self.known.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *rows))
        elif not any(name == each for each, _ in self.known):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        socket.sendto(answer.to_wire(), self.client_address)


@pytest.fixture
def names(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Names]]:
    """A name server that knows all that is needed; and a site with all that it needs."""
    settings.SITE_URL = "https://www.example.com"
    settings.MAILERS = mailers("smtp://127.0.0.1")
    NewsletterSettings.objects.create(from_email="sam@news.example.com", postal_address="Main Street 1")
    handler = type("TheseNames", (Names,), {"known": dict(WELL)})
    with ThreadingUDPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.server_address[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        yield handler
        server.shutdown()


def says(selector: str = "s1") -> str:
    """What the doctor finds."""
    out = StringIO()
    try:
        call_command("newsletter_doctor", selector=selector, stdout=out)
    except CommandError as error:
        return str(error)
    return out.getvalue()


def test_where_all_is_well_it_says_so(names: type[Names]) -> None:
    assert says() == "No problems found.\n"
    assert "DKIM was not checked" in says(selector="")


@pytest.mark.parametrize(
    ("place", "rows", "finds"),
    [
        (("news.example.com.", "MX"), [], "takes no mail"),
        (("news.example.com.", "TXT"), ['"v=other"'], "has no SPF record"),
        (("news.example.com.", "TXT"), ['"v=spf1 -all"', '"v=spf1 ~all"'], "has 2 SPF records"),
        (("news.example.com.", "TXT"), ['"v=spf1 +all"'], "lets everybody send"),
        (("_dmarc.example.com.", "TXT"), ['"v=DMARC2"'], "has no DMARC record"),
        (("s1._domainkey.news.example.com.", "TXT"), ['"v=DKIM1; p="'], "no DKIM key"),
        (("s1._domainkey.news.example.com.", "TXT"), [], "no DKIM key"),
    ],
)
def test_what_is_missing_is_named_and_nothing_else(
    names: type[Names], place: tuple[str, str], rows: list[str], finds: str
) -> None:
    names.known[place] = rows
    assert finds in says()
    assert len(says().splitlines()) == 1


def test_what_the_settings_lack_is_told_as_well(names: type[Names], settings: Settings) -> None:
    settings.SITE_URL = "http://www.example.com"
    assert "https://" in says()


def test_a_name_server_that_is_broken_is_told_apart_from_what_is_missing(names: type[Names]) -> None:
    names.is_broken = True
    assert "The DNS does not answer for news.example.com" in says()
    assert "SPF" not in says()


def test_on_ones_own_machine_neither_https_nor_a_domain_is_asked_for(settings: Settings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    sender = NewsletterSettings(from_email="newsletter@example.com", postal_address="Main Street 1")
    assert lacks(sender) == []
    settings.SITE_URL = "http://127.0.0.1.example.net"
    assert len(lacks(sender)) == 2
