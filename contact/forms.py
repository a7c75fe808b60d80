"""What a reader fills in to write to the site."""

from django.core.exceptions import ValidationError

from contact.models import Message
from outbox.headers import validate_deliverable
from public_forms.fields import EmailField, PlainTextField
from public_forms.forms import PublicForm


def validate_one_line(text: str) -> None:
    """ValidationError for a text of several lines. Browsers send none; who does is after the headers of our mail."""
    if len(text.splitlines()) > 1:
        raise ValidationError("This takes one line only. Please take the line breaks out.", code="lines")


class ContactForm(PublicForm):
    """Becomes a message in the inbox."""

    purpose = "contact"
    daily_limit = 10
    name = PlainTextField(
        label="Your name",
        max_length=120,
        autocomplete="name",
        validators=[validate_one_line],
        error_messages={"required": "Please say what we may call you."},
    )
    email = EmailField(
        label="Your e-mail address",
        validators=[validate_deliverable],
    )
    subject = PlainTextField(
        label="What is it about?",
        max_length=150,
        validators=[validate_one_line],
        error_messages={"required": "A word or two will do."},
    )
    body = PlainTextField(
        label="Your message",
        rows=9,
        max_length=10_000,
        error_messages={"required": "Nothing is written yet."},
    )

    def clean_email(self) -> str:
        """The address with its domain in small letters, as all domains mean the same."""
        local, at, domain = self.cleaned_data["email"].rpartition("@")
        return f"{local}{at}{domain.lower()}"

    def keep(self) -> None:
        """Put it into the inbox, once; nothing if it is spam. The worker mails it."""
        if not self.is_spam:
            Message.objects.get_or_create(submission=self.submission, defaults=self.cleaned_data)
