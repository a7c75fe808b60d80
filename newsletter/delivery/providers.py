"""Submit one email to a provider's HTTP API through django-anymail, the alternative to SMTP.

The request takes the place of SMTP's final dot: if anything breaks before it, the provider has accepted nothing; if
anything breaks between it and the response, the outcome is uncertain. Each request is made once. All attempts for a
delivery carry the same idempotency key; providers that support it (Resend and Brevo) drop a second copy for a day.

Other Django backends, such as locmem, work the same way: any exception makes the outcome uncertain.
"""

import re
import ssl
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

import requests
from anymail import exceptions
from django.conf import settings
from django.core.mail import mailers
from django.core.mail.backends.base import BaseEmailBackend
from urllib3.exceptions import NewConnectionError

from newsletter.delivery.transport import Outcome, SmtpTransport, TransportError
from newsletter.models import Delivery
from outbox.headers import decode_mailbox
from outbox.messages import OutgoingEmail

_STATUS = Delivery.Status
_SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_ANYMAIL_BACKEND = re.compile(r"anymail\.backends\.(\w+)\.EmailBackend")
# Headers that APIs take in separate fields or write themselves.
_API_FIELDS = frozenset({"from", "to", "reply-to", "subject", "date", "mime-version", "content-type"})
# RFC 9110, 15.5: the key, the account or the API's URL is wrong, so every further email would fail too.
_CONFIG_ERROR_CODES = frozenset({401, 402, 403, 404, 405, 407})
# The provider accepted nothing and asks us to slow down or try again later.
_RETRY_CODES = frozenset({408, 425, 429, 503})


def provider_name() -> str:
    """Return anymail's name of the provider in EMAIL_URL, such as "postmark"; "" for a mail server."""
    match = _ANYMAIL_BACKEND.fullmatch(settings.MAILERS.get("default", {}).get("BACKEND", ""))
    return match[1] if match else ""


def create_transport() -> "SmtpTransport | ProviderTransport":
    """Return the transport for EMAIL_URL."""
    backend = settings.MAILERS.get("default", {}).get("BACKEND", _SMTP_BACKEND)
    return SmtpTransport() if backend == _SMTP_BACKEND else ProviderTransport()


class ProviderTransport:
    """Connections to the provider's API in EMAIL_URL, reused for many emails. Not thread-safe."""

    def __init__(self) -> None:
        self._mailer: Any = None
        self._unavailable_reason = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._mailer:
            self._mailer.close()

    def open(self) -> BaseEmailBackend:
        """Return the connection. Raise TransportError if the settings are wrong or the provider asked us to wait."""
        if self._unavailable_reason:
            raise TransportError(self._unavailable_reason)
        if self._mailer is None:
            try:
                mailer: Any = mailers.default
                mailer.open()
            # Opening contacts no server, and the libraries of providers raise their own errors, such as botocore's.
            except Exception as error:
                reason = f"The settings of the email provider are invalid: {error}"
                raise TransportError(reason, is_config_error=True) from error
            if session := getattr(mailer, "session", None):
                # Following a redirect would be a second request.
                session.max_redirects = 0
            self._mailer = mailer
        return self._mailer

    def send(
        self, sender: str, recipient: str, message: bytes, before_submit: Callable[[], None], next_recipient: str = ""
    ) -> Outcome:
        """Submit `message`, as prepared for SMTP, to `recipient` and return the outcome.

        `before_submit` is called right before the request; its exceptions propagate. Raise TransportError as `open`
        does; all other errors become outcomes. `sender` and `next_recipient` are unused: the provider takes the sender
        from the message and receives bounces itself.
        """
        mailer: Any = self.open()
        email = _build_email(message, getattr(mailer, "esp_name", ""))
        if session := getattr(mailer, "session", None):
            session.headers["Idempotency-Key"] = _idempotency_key(email)
        before_submit()
        try:
            mailer.send_messages([email])
        except exceptions.AnymailRecipientsRefused:
            return Outcome(_STATUS.FAILED, "", "The email provider rejected the address.")
        except exceptions.AnymailInvalidAddress:
            return Outcome(_STATUS.FAILED, "", "The email provider does not accept the format of the address.")
        except exceptions.AnymailAPIError as error:
            return self._classify_error(error, recipient)
        except exceptions.AnymailError as error:
            # Raised before any request: the provider does not support a feature that all our emails need.
            return Outcome(
                _STATUS.DEFERRED, "", f"The email provider can't be used: {error}"[:300], is_config_error=True
            )
        except Exception as error:
            reason = f"It is uncertain whether the email was sent: {type(error).__name__}."
            return Outcome(_STATUS.UNCERTAIN, "", reason)
        return _read_status(email)

    def _classify_error(self, error: Any, recipient: str) -> Outcome:
        """Return the outcome for an error response, or for no response at all."""
        if error.status_code is None:
            return self._classify_missing_response(error)
        code, text = error.status_code, error.response.text
        redacted = re.sub(re.escape(recipient), "the address", text, flags=re.IGNORECASE)
        reason = f"The email provider said: {code} {' '.join(redacted.split())}"[:300]
        if code == 409 and "invalid_idempotent_request" in text:
            # Resend has seen the key: an earlier attempt was accepted. Its signed links had another timestamp.
            return Outcome(_STATUS.SENT, str(code))
        if code in _CONFIG_ERROR_CODES:
            return Outcome(_STATUS.DEFERRED, str(code), reason, is_config_error=True)
        if code in _RETRY_CODES:
            self._unavailable_reason = reason
            return Outcome(_STATUS.DEFERRED, str(code), reason)
        if code < 400 or code == 409 or code >= 500:
            return Outcome(_STATUS.UNCERTAIN, str(code), reason)
        return Outcome(_STATUS.FAILED, str(code), reason)

    def _classify_missing_response(self, error: Any) -> Outcome:
        if _was_never_sent(error):
            self._unavailable_reason = "The email provider could not be reached."
            return Outcome(_STATUS.PENDING)
        if isinstance(error, requests.TooManyRedirects):
            reason = "The email provider's API has moved to another URL."
            return Outcome(_STATUS.DEFERRED, "", reason, is_config_error=True)
        return Outcome(_STATUS.UNCERTAIN, "", "The email provider did not confirm that it accepted the email.")


def _read_status(email: OutgoingEmail) -> Outcome:
    """Return the outcome that anymail recorded on a submitted email; other backends record none."""
    status = getattr(email, "anymail_status", None)
    if status and status.status == {"failed"}:
        return Outcome(_STATUS.FAILED, "", "The email provider could not send the email.")
    message_id = getattr(status, "message_id", None)
    # Without spaces, which separate the fields of a journal line.
    provider_id = "" if message_id is None else "".join(str(message_id).split())[:200]
    return Outcome(_STATUS.SENT, "200", provider_id=provider_id)


def _build_email(message: bytes, esp_name: str) -> OutgoingEmail:
    """Parse `message` into the form anymail takes, with all headers that an API lets us set."""
    parsed = message_from_bytes(re.sub(rb"(?m)^\.\.", b".", message), policy=policy.default)
    raw = dict(parsed.raw_items())
    parts = {part.get_content_subtype(): part.get_content().replace("\r\n", "\n") for part in parsed.iter_parts()}
    email = OutgoingEmail(
        str(parsed["Subject"]),
        parts["plain"],
        decode_mailbox(raw["From"]),
        [str(parsed["To"])],
        reply_to=[str(parsed["Reply-To"])] if parsed["Reply-To"] else None,
        headers={name: str(value) for name, value in parsed.items() if name.lower() not in _API_FIELDS},
    )
    email.attach_alternative(parts["html"], "text/html")
    # Returned with every webhook event about the email, which also resolves an uncertain delivery.
    email.metadata = {"delivery": str(parsed["Message-ID"])}  # type: ignore[attr-defined]
    if esp_name == "Brevo":
        email.extra_headers["idempotencyKey"] = _idempotency_key(email)
    elif esp_name == "Postmark":
        # Otherwise Postmark replaces the Message-ID.
        email.extra_headers["X-PM-KeepID"] = "true"
    return email


def _idempotency_key(email: OutgoingEmail) -> str:
    return str(uuid5(NAMESPACE_URL, email.extra_headers["Message-ID"]))


def _was_never_sent(error: "requests.RequestException") -> bool:
    """Return True if no connection was established."""
    cause: Any = error.__cause__
    if isinstance(cause, requests.ConnectTimeout):
        return True
    if not isinstance(cause, requests.ConnectionError):
        return False
    reason = getattr(cause.args[0], "reason", None)
    if isinstance(reason, NewConnectionError):
        return True
    return isinstance(reason, Exception) and any(
        isinstance(argument, ssl.SSLCertVerificationError) for argument in reason.args
    )
