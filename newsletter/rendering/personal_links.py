"""Placeholders for the personal links of a campaign, replaced by each subscriber's tokens when an email is built."""

from django.urls import reverse

from newsletter.models import Campaign
from newsletter.tokens import TokenPurpose
from siteinfo.urls import absolute_url


def token_placeholder(campaign: Campaign, purpose: TokenPurpose) -> str:
    """Return the text to replace with a subscriber's token. It is unique, so authors cannot type it by accident."""
    return f"{campaign.public_id.hex}-{purpose.name.lower()}"


def placeholder_url(campaign: Campaign, purpose: TokenPurpose) -> str:
    """Return the URL of a personal page with a placeholder instead of the token."""
    return absolute_url(reverse(purpose.url_name, args=[token_placeholder(campaign, purpose)]))
