"""What every public form has: proof of where it comes from, a decoy for robots, a time, a limit.

A person who is refused sees a sentence, the words typed and a form that works at one more press. A robot that fell for
the decoy is thanked like everybody else, and nothing is kept.
"""

import time
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from public_forms.ratelimit import admit
from public_forms.same_origin import is_own

# Nobody reads and fills in a form faster; nobody leaves it open for longer and is surprised to be asked again.
FEWEST_SECONDS = 2
MOST_SECONDS = 24 * 3600
DECOY = "homepage"


def issue(purpose: str, *, age: float = 0) -> str:
    """A token for a form: signed, bound to `purpose`, with the time (`age` seconds ago) and a number of its own."""
    return Signer(salt=f"public_forms.{purpose}").sign_object([uuid4().hex, time.time() - age])


def issue_shared(purpose: str) -> str:
    """A token for a form in pages that are kept for all readers: the same for an hour."""
    hour = int(time.time() // 3600) * 3600
    return Signer(salt=f"public_forms.{purpose}").sign_object([uuid5(NAMESPACE_OID, f"{purpose} {hour}").hex, hour])


class GuardedForm(forms.Form):
    """A form for anybody, on a page that `public_form` decorates, with `guard/_guard.html` among its fields.

    Names its `purpose` and how many a network may send in a day. `is_valid()` also checks origin, token and limit;
    then `is_spam` tells whether to keep nothing, and `submission` is the same for the same words of the same page.
    """

    purpose: ClassVar[str]
    most_a_day: ClassVar[int] = 20
    submission: UUID
    # What to answer with: the reason of a refusal as an HTTP status.
    status = 200

    def __init__(self, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        # Ids of its own, since a page may hold several forms.
        kwargs.setdefault("auto_id", f"{self.purpose}-%s")
        super().__init__(request.POST if request.method == "POST" else None, **kwargs)

    @property
    def is_spam(self) -> bool:
        """Whether the field that people cannot see was filled in."""
        return bool(self.data.get(DECOY))

    @property
    def fresh_token(self) -> str:
        """A token for the page about to be shown; shown again, it works at once."""
        return issue(self.purpose, age=FEWEST_SECONDS if self.is_bound else 0)

    def clean(self) -> dict[str, Any]:
        """The fields' values; ValidationError, with `status`, for what came from elsewhere, at a wrong time, too often.

        Call it last: only a form without other errors counts towards the limit.
        """
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not is_own(self.request):
            self.status = 403
            raise ValidationError(
                "We could not tell that this came from our own page. Your words are still here: please send them again."
            )
        if self.errors:
            return cleaned
        # A double press gives it twice; words changed after going back give another one.
        self.submission = uuid5(self._opened(), repr(sorted(cleaned.items())))
        if not self.is_spam and not admit(self.request, self.purpose, most=self.most_a_day):
            self.status = 429
            raise ValidationError(
                "That is as much as we take from one connection in a day. Your words are still here: please keep them,"
                " and send them tomorrow."
            )
        return cleaned

    def _opened(self) -> UUID:
        """The number in the form's token; ValidationError if it is forged, too new or too old."""
        try:
            number, opened_at = Signer(salt=f"public_forms.{self.purpose}").unsign_object(self.data.get("token", ""))
        except BadSignature:
            number, opened_at = "", 0
        age = time.time() - opened_at
        if age > MOST_SECONDS:
            raise ValidationError(
                "This page was open for a long time. Your words are still here: please press once more."
            )
        if age < FEWEST_SECONDS:
            raise ValidationError("That was very quick. Please look over your words, and press once more.")
        return UUID(number)
