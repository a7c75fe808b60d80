"""What keeps letters from going out, or from arriving: asked before every campaign, and shown beside the sender."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import mailers

from newsletter.delivery.providers import provider_name
from newsletter.models import NewsletterSettings
from newsletter.subscribers.email_addresses import normalize_email
from siteinfo.urls import is_local_site


def sending_domain(sender: NewsletterSettings) -> str:
    """The domain that letters come from, in ASCII."""
    return normalize_email(sender.from_email or settings.DEFAULT_FROM_EMAIL).rpartition("@")[2]


def lacks(sender: NewsletterSettings) -> list[str]:
    """What is missing, a sentence each; [] if letters can go out."""
    site = urlsplit(settings.SITE_URL)
    host = (site.hostname or "").removeprefix("www.")
    domain = sending_domain(sender)
    is_own = domain == host or domain.endswith(f".{host}") or host.endswith(f".{domain}")
    found = {
        "No mail server is set (EMAIL_URL).": "default" not in mailers,
        "Write your postal address: without it nothing is sent, as the law in many countries demands it.": (
            not sender.postal_address.strip()
        ),
        "Set SITE_URL to an address with https://: mail programs post to nothing else when somebody leaves.": (
            site.scheme != "https" and not is_local_site()
        ),
        f"“From” is at {domain}, which is not {host}: mail providers refuse what comes from a domain that is not the"
        " sender's own.": not (is_own or is_local_site()),
    }
    return [sentence for sentence, is_lacking in found.items() if is_lacking] + deaf_to_the_provider()


def deaf_to_the_provider() -> list[str]:
    """Why the provider cannot tell of bounces and complaints, a sentence each; [] if it can, or if there is none."""
    if not provider_name():
        return []
    found = {
        "Set EMAIL_WEBHOOK_SECRET to name:password, so that the mail provider can tell of bounces and complaints.": (
            not all(settings.ANYMAIL.get("WEBHOOK_SECRET", "").partition(":"))
        ),
        "Set SITE_URL to an address with https://: the mail provider must not tell of readers in the open.": (
            not settings.SITE_URL.startswith("https://")
        ),
    }
    return [sentence for sentence, is_lacking in found.items() if is_lacking]
