"""Where a single mail stands that is still to go out. Rooms that send one make a table of their own from it."""

from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models
from django.db.models import F
from django.utils import timezone

# Longer than a mail server may take for one mail with the time-outs that the settings set.
FIRST_SPACING = timedelta(minutes=5)
WIDEST_SPACING = timedelta(days=1)


class OutgoingQuerySet[T: "Outgoing"](models.QuerySet[T]):
    """What is still to be mailed."""

    def due(self) -> Self:
        """Those whose time has come, the longest waiting first."""
        return self.filter(next_attempt_at__lte=timezone.now()).order_by("next_attempt_at", "pk")

    def stuck(self) -> Self:
        """Those that could not be sent so far."""
        return self.filter(mailed_at__isnull=True).exclude(fault="")

    def try_again(self) -> int:
        """Make those that could not be sent due now; how many. None that is on its way is among them."""
        return self.stuck().update(next_attempt_at=timezone.now())


class Outgoing(models.Model):
    """A row that a mail is made of. It is its own place in the queue, so none can be lost between the two."""

    # In the mail's Message-ID, by which mail programs know a second copy.
    mail_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # Null: nothing more is to be tried.
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now, editable=False)
    fault = models.CharField(max_length=300, editable=False)

    class Meta:
        abstract = True

    def as_mail(self) -> EmailMessage | None:
        """The mail, made when it is sent; None if nobody needs it any more, ValueError if there can be none."""
        raise NotImplementedError

    @property
    def mail_headers(self) -> dict[str, str]:
        """The headers that every copy of the mail has."""
        return {"Message-ID": f"<{self.mail_id}@{urlsplit(settings.SITE_URL).hostname}>"}

    def claim(self) -> bool:
        """Take it for sending, and set when to try again should that fail; False if somebody else has taken it.

        One conditional UPDATE, which both databases run one after the other for the same row.
        """
        spacing = min(FIRST_SPACING * 2 ** min(self.attempts, 10), WIDEST_SPACING)
        unclaimed = type(self)._default_manager.filter(pk=self.pk, attempts=self.attempts, mailed_at__isnull=True)
        return bool(unclaimed.update(attempts=F("attempts") + 1, next_attempt_at=timezone.now() + spacing, fault=""))

    def note_mailed(self) -> None:
        """Keep that the mail server has taken it."""
        self._note(mailed_at=timezone.now(), next_attempt_at=None, fault="")

    def note_needless(self) -> None:
        """Keep that nobody needs it any more."""
        self._note(next_attempt_at=None)

    def note_fault(self, fault: str, *, is_final: bool) -> None:
        """Keep why it could not be sent, in words for the desk; `is_final` if another try is useless."""
        self._note(fault=fault[:300], **({"next_attempt_at": None} if is_final else {}))

    def _note(self, **values: Any) -> None:
        type(self)._default_manager.filter(pk=self.pk).update(**values)

    @property
    def mail_state(self) -> str:
        """Where the mail stands, in words."""
        if self.mailed_at:
            return "Sent"
        if not self.fault:
            return "Not sent yet"
        return f"Not sent{'' if self.next_attempt_at else ', and not tried again'}: {self.fault}"
