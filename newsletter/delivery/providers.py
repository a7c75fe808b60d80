"""A mail to a provider's HTTP API, through django-anymail: the second kind of transport beside SMTP.

What the dot is to SMTP, the request is here: whatever breaks before it is out, nobody has taken anything; whatever
breaks between it and the answer, nobody here can know. A request is made once. Each carries the same key in every
attempt, by which providers that heed one (Resend and Brevo do) drop a second copy for a day.

Any other backend of Django's works the same way, such as its locmem: what it raises leaves a mail uncertain.
"""

import re
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends.base import BaseEmailBackend
from urllib3.exceptions import NewConnectionError

from newsletter.delivery.transport import Outcome, SmtpTransport, Unreachable
from newsletter.models import Delivery

_STATUS = Delivery.Status
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_BACKEND = re.compile(r"anymail\.backends\.(\w+)\.EmailBackend")
# What an API takes in fields of its own, or writes itself.
_FIELDS = frozenset({"from", "to", "reply-to", "subject", "date", "mime-version", "content-type"})
# RFC 9110, 15.5: the key, the account or the address of the API is wrong, and so for every further mail.
_OURS = frozenset({401, 402, 403, 404, 405, 407})
# It took nothing and says that there is too much of us, or of everybody.
_LATER = frozenset({408, 425, 429, 503})


def provider() -> str:
    """The name of the provider that EMAIL_URL names, as anymail has it, such as "postmark"; "" for a mail server."""
    named = _BACKEND.fullmatch(settings.MAILERS.get("default", {}).get("BACKEND", ""))
    return named[1] if named else ""


def transport() -> "SmtpTransport | ProviderTransport":
    """The one that the settings ask for."""
    backend = settings.MAILERS.get("default", {}).get("BACKEND", _SMTP)
    return SmtpTransport() if backend == _SMTP else ProviderTransport()


class ProviderTransport:
    """Connections to the API of the provider that EMAIL_URL names, kept open from mail to mail. For one thread."""

    def __init__(self) -> None:
        self._mailer: Any = None
        self._trouble = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._mailer:
            self._mailer.close()

    def open(self) -> BaseEmailBackend:
        """The connection. Unreachable if the settings are wrong, or the provider wants no more for now."""
        if self._trouble:
            raise Unreachable(self._trouble)
        if self._mailer is None:
            try:
                mailer: Any = mailers.default
                mailer.open()
            except (ImproperlyConfigured, ImportError) as error:
                raise Unreachable(f"The settings of the mail provider are not right: {error}", is_ours=True) from error
            if session := getattr(mailer, "session", None):
                # Followed, a redirect would be a second request.
                session.max_redirects = 0
            self._mailer = mailer
        return self._mailer

    def send(
        self, sender: str, recipient: str, mail: bytes, before_dot: Callable[[], None], following: str = ""
    ) -> Outcome:
        """Send `mail`, as SMTP would take it, to `recipient`; what became of it. `following` is SMTP's matter.

        `before_dot` is called right before the request; what it raises goes on. Unreachable as from `open`; every
        other trouble is an outcome. The provider takes the sender from the mail and bounces from its own address.
        """
        mailer: Any = self.open()
        message = _message(mail, getattr(mailer, "esp_name", ""))
        if session := getattr(mailer, "session", None):
            session.headers["Idempotency-Key"] = _key(message)
        before_dot()
        try:
            mailer.send_messages([message])
        except AnymailRecipientsRefused:
            return Outcome(_STATUS.FAILED, "", "The mail provider refuses the address.")
        except AnymailInvalidAddress:
            return Outcome(_STATUS.FAILED, "", "The address is not written as the mail provider needs it.")
        except AnymailAPIError as error:
            return self._refusal(error, recipient)
        except AnymailError as error:
            # Before any request: the provider has no place for something that every mail of ours holds.
            return Outcome(_STATUS.DEFERRED, "", f"The mail provider will not do: {error}"[:300], is_ours=True)
        except Exception as error:
            words = f"Nobody can say whether the mail went out: {type(error).__name__}."
            return Outcome(_STATUS.UNCERTAIN, "", words)
        status = getattr(message, "anymail_status", None)
        if status and status.status == {"failed"}:
            return Outcome(_STATUS.FAILED, "", "The mail provider could not send it.")
        name = getattr(status, "message_id", None)
        # Spaces would end a word in the journal.
        return Outcome(_STATUS.SENT, "200", provider_id="".join(str("" if name is None else name).split())[:200])

    def _refusal(self, error: Any, recipient: str) -> Outcome:
        """What an answer means that is no yes, or none at all."""
        status = error.status_code
        if status is None and _never_out(error):
            self._trouble = "The mail provider cannot be reached."
            return Outcome(_STATUS.PENDING)
        if isinstance(error, requests.TooManyRedirects):
            return Outcome(_STATUS.DEFERRED, "", "The mail provider answers from another address now.", is_ours=True)
        if status is None:
            words = "The mail provider did not say whether it has taken the mail."
            return Outcome(_STATUS.UNCERTAIN, "", words)
        text = error.response.text
        said = " ".join(re.sub(re.escape(recipient), "the address", text, flags=re.IGNORECASE).split())
        words, code = f"The mail provider said: {status} {said}"[:300], str(status)
        if status == 409 and "invalid_idempotent_request" in text:
            # Resend: the key is known, so an earlier attempt was taken; its links were a second younger.
            return Outcome(_STATUS.SENT, code)
        if status in _OURS:
            return Outcome(_STATUS.DEFERRED, code, words, is_ours=True)
        if status in _LATER:
            self._trouble = words
            return Outcome(_STATUS.DEFERRED, code, words)
        if status < 400 or status == 409 or status >= 500:
            return Outcome(_STATUS.UNCERTAIN, code, words)
        return Outcome(_STATUS.FAILED, code, words)


def _message(mail: bytes, esp_name: str) -> EmailMultiAlternatives:
    """The `mail`, taken apart again as anymail wants it, with all headers that are ours to set."""
    parsed = message_from_bytes(re.sub(rb"(?m)^\.\.", b".", mail), policy=policy.default)
    texts = {part.get_content_subtype(): part.get_content().replace("\r\n", "\n") for part in parsed.iter_parts()}
    message = EmailMultiAlternatives(
        str(parsed["Subject"]),
        texts["plain"],
        str(parsed["From"]),
        [str(parsed["To"])],
        reply_to=[str(parsed["Reply-To"])] if parsed["Reply-To"] else None,
        headers={name: str(value) for name, value in parsed.items() if name.lower() not in _FIELDS},
    )
    message.attach_alternative(texts["html"], "text/html")
    # Comes back with every event about the mail, and so settles one that we were not sure of.
    message.metadata = {"delivery": str(parsed["Message-ID"])}  # type: ignore[attr-defined]
    if esp_name == "Brevo":
        message.extra_headers["idempotencyKey"] = _key(message)
    elif esp_name == "Postmark":
        # Otherwise it writes a Message-ID of its own.
        message.extra_headers["X-PM-KeepID"] = "true"
    return message


def _key(message: EmailMultiAlternatives) -> str:
    return str(uuid5(NAMESPACE_URL, message.extra_headers["Message-ID"]))


def _never_out(error: requests.RequestException) -> bool:
    """Whether the connection did not even come about."""
    cause: Any = error.__cause__
    if isinstance(cause, requests.ConnectTimeout):
        return True
    reason = getattr(cause.args[0], "reason", None) if isinstance(cause, requests.ConnectionError) else None
    is_untrusted = isinstance(reason, Exception) and any(
        isinstance(a, ssl.SSLCertVerificationError) for a in reason.args
    )
    return isinstance(reason, NewConnectionError) or is_untrusted
