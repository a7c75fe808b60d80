"""Send test emails from the page of a campaign or of an email of a sequence."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from newsletter.campaigns.test_emails import send_test_email
from newsletter.models import Campaign, TestEmail
from newsletter.rendering.messages import RenderingError
from outbox.headers import validate_deliverable
from outbox.sending import delivery_problem
from public_forms.fields import EmailField
from public_forms.ratelimit import hit_key

MAX_TESTS_PER_HOUR = 30
PERMISSION = "newsletter.send_campaign"


class TestEmailForm(forms.Form):
    """The recipient of a test email."""

    to_email = EmailField(label="Send a test to", validators=[validate_deliverable])


class TestEmailAdmin:
    """Mixin for the admin of rows with `test_emails`."""

    message_user: Any
    _get_editable: Any
    _url: Any

    def campaign_to_test(self, row: Any) -> Campaign:
        """Return the campaign with the content of `row`, saved or not."""
        raise NotImplementedError

    def test_email(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the saved text as a test email. Only users who may send campaigns can choose another recipient."""
        row = self._get_editable(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = TestEmailForm(request.POST)
        if error := _problem(request, form):
            self.message_user(request, error, messages.ERROR)
        else:
            self._send_test(request, row, form.cleaned_data["to_email"])
        return redirect(f"{self._url('change', row.pk)}#preflight")

    def _send_test(self, request: HttpRequest, row: Any, to_email: str) -> None:
        try:
            test_email = send_test_email(row.test_emails, self.campaign_to_test(row), to_email)
        except RenderingError as error:
            message = f"No test email was sent, because the text cannot be rendered ({error}). Simplify the text."
            self.message_user(request, message, messages.ERROR)
        else:
            message = f"A test email to {test_email.to_email} will be sent within seconds."
            self.message_user(request, message, messages.SUCCESS)
            if problem := delivery_problem(TestEmail.objects.all()):
                self.message_user(request, problem, messages.WARNING)


def _problem(request: HttpRequest, form: TestEmailForm) -> str:
    """Return why no test email can be sent; "" if it can."""
    if not form.is_valid():
        return str(form.errors["to_email"][0])
    is_own_address = form.cleaned_data["to_email"] == request.user.email  # type: ignore[union-attr]
    if not is_own_address and not request.user.has_perm(PERMISSION):
        return "You can send test emails to your own address only."
    if not hit_key(f"newsletter test emails {request.user.pk}", limit=MAX_TESTS_PER_HOUR, hourly=True):
        return f"You have sent {MAX_TESTS_PER_HOUR} test emails in the last hour. Try again later."
    return ""
