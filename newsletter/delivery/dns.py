"""Check the DNS records of the sending domain, as receiving mail servers do.

Gmail, Yahoo and Microsoft require bulk senders to have all three: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489).
"""

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, get_default_resolver

_TIMEOUT_SECONDS = 10


class DnsUnavailableError(OSError):
    """The name server is not responding, so nothing is known about the domain."""


def dns_problems(domain: str, selector: str) -> list[str]:
    """Return one sentence per missing or wrong record of `domain`.

    DKIM is checked only if `selector`, the name of the mail server's signing key, is given. Raise DnsUnavailableError
    if the name server does not answer.
    """
    problems = []
    if not (_resolve(domain, "MX") or _resolve(domain, "A")):
        problems.append(f"{domain} can't receive email (no MX record), so replies and bounces are lost.")
    problems += _spf_problems(domain)
    if not _has_dmarc(domain):
        problems.append(f"{domain} has no DMARC record. Add one at _dmarc.{domain}. The minimum is v=DMARC1; p=none.")
    if selector and not _has_dkim_key(f"{selector}._domainkey.{domain}"):
        problems.append(f"There is no DKIM key at {selector}._domainkey.{domain}.")
    return problems


def _spf_problems(domain: str) -> list[str]:
    records = [text for text in _texts(domain) if text.lower().startswith("v=spf1")]
    problems = []
    if not records:
        problems.append(f"{domain} has no SPF record, which lists the servers that may send for it.")
    if len(records) > 1:
        problems.append(f"{domain} has {len(records)} SPF records, so none is valid. Merge them into one.")
    if any(text.split()[-1] in {"+all", "all", "?all"} for text in records):
        problems.append(f"The SPF record of {domain} allows any server to send. End it with ~all or -all.")
    return problems


def _has_dmarc(domain: str) -> bool:
    """Look for a DMARC record at the domain and its parent domains, whose records also apply."""
    labels = domain.split(".")
    candidates = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return any(
        text.replace(" ", "").startswith("v=DMARC1;") for name in candidates for text in _texts(f"_dmarc.{name}")
    )


def _has_dkim_key(name: str) -> bool:
    """Look for a non-empty public key; an empty one means that the key was revoked."""
    keys = [text.replace(" ", "") for text in _texts(name)]
    return any(part.startswith("p=") and len(part) > 2 for key in keys for part in key.split(";"))


def _texts(name: str) -> list[str]:
    return [b"".join(row.strings).decode(errors="replace") for row in _resolve(name, "TXT")]


def _resolve(name: str, record_type: str) -> list:
    try:
        return list(get_default_resolver().resolve(name, record_type, lifetime=_TIMEOUT_SECONDS, search=False))
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, OSError) as error:
        raise DnsUnavailableError(f"DNS did not respond for {name}: {error}") from error
