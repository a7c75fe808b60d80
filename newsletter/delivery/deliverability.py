"""Check the settings that campaigns need to be sent and to reach the inbox."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import mailers

from newsletter.delivery.providers import provider_name
from newsletter.models import NewsletterSettings
from privacy.email_addresses import normalize_email
from siteinfo.urls import is_local_site


def sending_domain(newsletter_settings: NewsletterSettings) -> str:
    """Return the domain that campaigns are sent from, in ASCII."""
    return normalize_email(newsletter_settings.from_email or settings.DEFAULT_FROM_EMAIL).rpartition("@")[2]


def settings_problems(newsletter_settings: NewsletterSettings) -> list[str]:
    """Return one sentence per problem; [] if campaigns can be sent."""
    site = urlsplit(settings.SITE_URL)
    host = (site.hostname or "").removeprefix("www.")
    domain = sending_domain(newsletter_settings)
    is_own_domain = domain == host or domain.endswith(f".{host}") or host.endswith(f".{domain}")
    problems = []
    if "default" not in mailers:
        problems.append("No mail server is set. Set EMAIL_URL.")
    if not newsletter_settings.postal_address.strip():
        problems.append("Enter your postal address. Many countries require it in every marketing email.")
    if site.scheme != "https" and not is_local_site():
        problems.append("Set SITE_URL to a URL with https://. Mail clients require it for one-click unsubscribe.")
    if not (is_own_domain or is_local_site()):
        problems.append(
            f"The sender address uses {domain}, not {host}. Email providers reject emails from a domain that isn't"
            " the sender's own."
        )
    return problems + webhook_problems()


def webhook_problems() -> list[str]:
    """Return one sentence per reason why the email provider can't report events; [] if it can or there is none."""
    if not provider_name():
        return []
    problems = []
    if not all(settings.ANYMAIL.get("WEBHOOK_SECRET", "").partition(":")):
        problems.append(
            "Set EMAIL_WEBHOOK_SECRET to user:password, so that the email provider can report bounces and complaints."
        )
    if not settings.SITE_URL.startswith("https://"):
        problems.append("Set SITE_URL to a URL with https://. Webhooks contain email addresses and must be encrypted.")
    return problems
