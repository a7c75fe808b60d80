"""What the DNS says about the domain that letters come from, as the servers of mail providers ask it.

Gmail, Yahoo and Microsoft want all three of bulk senders: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489).
"""

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, get_default_resolver

_SECONDS = 10


class Unanswered(OSError):  # noqa: N818 - a state of the world
    """The DNS itself gives no answer, so nothing is known."""


def lacks(domain: str, selector: str) -> list[str]:
    """What is missing at `domain`, a sentence each; of DKIM only with the `selector` that the mail server signs with.

    Unanswered if the DNS cannot be asked.
    """
    policies = [text for text in _texts(domain) if text.lower().startswith("v=spf1")]
    found = {
        f"{domain} takes no mail (MX): answers and reports come back.": not (_ask(domain, "MX") or _ask(domain, "A")),
        f"{domain} has no SPF record: nobody can tell which servers may send for it.": not policies,
        f"{domain} has {len(policies)} SPF records, and so none that counts: make one of them.": len(policies) > 1,
        f"The SPF record of {domain} lets everybody send: end it with ~all or -all.": any(
            text.split()[-1] in {"+all", "all", "?all"} for text in policies
        ),
        f"{domain} has no DMARC record: add one at _dmarc.{domain}, at least v=DMARC1; p=none.": not _has_dmarc(domain),
    }
    if selector:
        place = f"{selector}._domainkey.{domain}"
        keys = [text.replace(" ", "") for text in _texts(place)]
        found[f"There is no DKIM key at {place}."] = not any(
            part.startswith("p=") and len(part) > 2 for key in keys for part in key.split(";")
        )
    return [sentence for sentence, is_lacking in found.items() if is_lacking]


def _has_dmarc(domain: str) -> bool:
    """At the domain, or at one above it, which then speaks for all below."""
    labels = domain.split(".")
    places = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return any(text.replace(" ", "").startswith("v=DMARC1;") for place in places for text in _texts(f"_dmarc.{place}"))


def _texts(name: str) -> list[str]:
    return [b"".join(row.strings).decode(errors="replace") for row in _ask(name, "TXT")]


def _ask(name: str, kind: str) -> list:
    try:
        return list(get_default_resolver().resolve(name, kind, lifetime=_SECONDS, search=False))
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, OSError) as error:
        raise Unanswered(f"The DNS does not answer for {name}: {error}") from error
