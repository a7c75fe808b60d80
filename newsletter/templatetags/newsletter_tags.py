"""What sign-up forms hold that stand in pages kept for all readers. No query."""

from django import template

from newsletter.forms import JoinForm
from newsletter.models.consent import FIRST_WORDS, ConsentText
from public_forms.forms import issue_shared_token

register = template.Library()


@register.simple_tag
def join_token() -> str:
    """A signed token, the same for an hour."""
    return issue_shared_token(JoinForm.purpose)


@register.simple_tag
def join_words() -> str:
    """The words that whoever joins agrees to; the consent log keeps their version."""
    return FIRST_WORDS[ConsentText.Key.JOIN]
