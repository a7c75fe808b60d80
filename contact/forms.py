"""The contact form."""

from django.core.exceptions import ValidationError

from contact.models import Message
from outbox.headers import validate_deliverable
from public_forms.fields import EmailField, PlainTextField
from public_forms.forms import PublicForm


def validate_one_line(text: str) -> None:
    """Raise ValidationError for several lines. Browsers never send them here; header injection does."""
    if len(text.splitlines()) > 1:
        raise ValidationError("Enter a single line without line breaks.", code="lines")


class ContactForm(PublicForm):
    """A message to the site."""

    purpose = "contact"
    daily_limit = 10
    name = PlainTextField(
        label="Your name",
        max_length=120,
        autocomplete="name",
        validators=[validate_one_line],
        error_messages={"required": "Enter your name."},
    )
    email = EmailField(
        label="Your email address",
        validators=[validate_deliverable],
    )
    subject = PlainTextField(
        label="Subject",
        max_length=150,
        validators=[validate_one_line],
        error_messages={"required": "Enter a subject. A word or two is enough."},
    )
    body = PlainTextField(
        label="Your message",
        rows=9,
        max_length=10_000,
        error_messages={"required": "Enter your message."},
    )

    def clean_email(self) -> str:
        """Return the email address with its domain in lower case, since domains are case-insensitive."""
        local, at, domain = self.cleaned_data["email"].rpartition("@")
        return f"{local}{at}{domain.lower()}"

    def save_message(self) -> None:
        """Store the message once, or not at all if it is spam. The worker emails it."""
        if not self.is_spam:
            Message.objects.get_or_create(submission=self.submission, defaults=self.cleaned_data)
