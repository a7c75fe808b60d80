"""The base class of public forms: same-origin check, honeypot, minimum time and rate limit.

A person whose form is rejected sees why, keeps what they typed, and can submit again at once. A bot that fills in the
honeypot sees the usual thank-you page, and nothing is stored.
"""

import time
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from public_forms.ratelimit import hit
from public_forms.same_origin import is_same_origin

# Seconds between opening and submitting a form: no one reads and fills it in faster, and after a day it has expired.
MIN_AGE = 2
MAX_AGE = 24 * 3600
HONEYPOT = "homepage"


def issue_token(purpose: str, *, age: float = 0) -> str:
    """Return a signed token for a form, bound to `purpose`, with a random number and a timestamp `age` seconds ago."""
    return _signer(purpose).sign_object([uuid4().hex, time.time() - age])


def issue_shared_token(purpose: str) -> str:
    """Return a token for a form in cached pages. It is the same for an hour."""
    hour = int(time.time() // 3600) * 3600
    return _signer(purpose).sign_object([uuid5(NAMESPACE_OID, f"{purpose} {hour}").hex, hour])


class PublicForm(forms.Form):
    """A form anyone may submit, in a `public_form` view, with `public_forms/_hidden_fields.html` among its fields.

    Subclasses set `purpose` and `daily_limit`, the submissions allowed per network and day. `is_valid()` also checks
    origin, token and rate limit. After that, `is_spam` is True if the form should be discarded, and `submission` is a
    UUID: submitting the same text from the same page twice gives the same one.
    """

    purpose: ClassVar[str]
    daily_limit: ClassVar[int] = 20
    submission: UUID
    # HTTP status of the response; set to the reason when the form is rejected.
    status = 200

    def __init__(self, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        # A page may contain several forms, so their element ids must differ.
        kwargs.setdefault("auto_id", f"{self.purpose}-%s")
        super().__init__(request.POST if request.method == "POST" else None, **kwargs)

    @property
    def is_spam(self) -> bool:
        """Return whether the honeypot, which people cannot see, was filled in."""
        return bool(self.data.get(HONEYPOT))

    @property
    def new_token(self) -> str:
        """Return a token for the page about to be shown. After a rejection it is valid at once."""
        return issue_token(self.purpose, age=MIN_AGE if self.is_bound else 0)

    def clean(self) -> dict[str, Any]:
        """Return the cleaned data. Raises ValidationError, and sets `status`, if a protection rejects the form.

        Subclasses call it last: only a form without other errors counts toward the limit.
        """
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not is_same_origin(self.request):
            self.status = 403
            raise ValidationError(
                "We couldn’t verify that this form was sent from our site. Your text is still here. Please send it"
                " again."
            )
        if self.errors:
            return cleaned
        self.submission = uuid5(self._token_id(), repr(sorted(cleaned.items())))
        if not self.is_spam and not hit(self.request, self.purpose, limit=self.daily_limit):
            self.status = 429
            raise ValidationError(
                "We’ve received too many messages from your network today. Your text is still here. Please save it and"
                " send it tomorrow."
            )
        return cleaned

    def _token_id(self) -> UUID:
        """Return the random number in the token. Raises ValidationError if it is forged, too new or expired."""
        try:
            number, opened_at = _signer(self.purpose).unsign_object(self.data.get("token", ""))
        except BadSignature:
            number, opened_at = "", 0
        age = time.time() - opened_at
        if age > MAX_AGE:
            raise ValidationError("This page expired. Your text is still here. Please send it again.")
        if age < MIN_AGE:
            raise ValidationError("That was very fast. Please check your text and send it again.")
        return UUID(number)


def _signer(purpose: str) -> Signer:
    return Signer(salt=f"public_forms.{purpose}")
