"""Template tags for the sign-up forms on cached pages. They run no queries."""

from django import template

from blog.gifts import Gift
from newsletter.forms import SignupForm
from newsletter.models.consent import DEFAULT_TEXTS, ConsentText
from public_forms.forms import issue_shared_token

register = template.Library()


@register.simple_tag
def signup_token() -> str:
    """Return a signed form token that stays the same for an hour."""
    return issue_shared_token(SignupForm.purpose)


@register.simple_tag
def signup_consent_text(gift: Gift | None = None) -> str:
    """Return the consent text shown with the sign-up form. The consent log records its version."""
    return DEFAULT_TEXTS[ConsentText.Key.GIFT if gift else ConsentText.Key.SIGNUP]
