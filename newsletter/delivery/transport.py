"""Submit one email to the mail server over SMTP and report the outcome; provider APIs are in `providers.py`.

SMTP hands over responsibility at one moment: with the final dot of the message (RFC 5321, 4.1.1.4 and 4.2.5). If
anything breaks before it, the server has accepted nothing. If anything breaks between the dot and the reply, the
outcome is uncertain.
"""

import re
import smtplib
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Self

from django.core.mail import mailers
from django.core.mail.backends.smtp import EmailBackend

from newsletter.models import Delivery

# RFC 5321 (4.5.3.2.6) asks for patience here: giving up early makes the outcome uncertain.
REPLY_TIMEOUT_SECONDS = 120
# One disconnect is normal, such as after a number of emails; several in a row mean that the server has a problem.
MAX_DISCONNECTS = 3
_STATUS = Delivery.Status


class Outcome(NamedTuple):
    """The result of submitting an email."""

    status: Delivery.Status
    code: str = ""
    error: str = ""
    # The server rejects our account, sender or configuration, so every further email would fail too.
    is_config_error: bool = False
    # The provider's own id of the email.
    provider_id: str = ""


class TransportError(Exception):
    """No email can be sent now. With `is_config_error`, none can be sent until the settings change."""

    def __init__(self, reason: str, *, is_config_error: bool = False) -> None:
        super().__init__(reason)
        self.is_config_error = is_config_error


class SmtpTransport:
    """A connection to the mail server in EMAIL_URL that is reused for many emails. Not thread-safe."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None
        self._disconnects = 0
        # True once the final dot of the current message may have been sent.
        self._is_submitted = False
        # The sender and recipient of the next message, if already sent to the server (pipelining).
        self._pipelined: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._smtp and not self._pipelined:
            with suppress(OSError):
                self._smtp.quit()
        self.close()

    def open(self) -> smtplib.SMTP:
        """Connect unless connected, and return the connection. Raise TransportError if that fails."""
        if self._smtp:
            return self._smtp
        if self._disconnects >= MAX_DISCONNECTS:
            raise TransportError("The mail server keeps closing the connection.")
        mailer = mailers.default if "default" in mailers else None
        if not isinstance(mailer, EmailBackend):
            raise TransportError("No mail server is set (EMAIL_URL).", is_config_error=True)
        try:
            mailer.open()
            smtp: Any = mailer.connection
            smtp.ehlo_or_helo_if_needed()
            # The final dot is a small packet after a large one. Send it without waiting for an acknowledgment.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except smtplib.SMTPAuthenticationError as error:
            reason = "The mail server rejected our username and password."
            raise TransportError(reason, is_config_error=error.smtp_code >= 500) from error
        except smtplib.SMTPNotSupportedError as error:
            reason = f"The mail server lacks a required feature, such as encryption: {error}"
            raise TransportError(reason, is_config_error=True) from error
        except OSError as error:
            raise TransportError(f"The mail server could not be reached: {error}") from error
        self._smtp = smtp
        return self._smtp

    def close(self) -> None:
        """Disconnect without QUIT, which discards a message that has not been submitted."""
        self._pipelined = None
        if self._smtp:
            self._smtp.close()
            self._smtp = None

    def send(
        self, sender: str, recipient: str, message: bytes, before_submit: Callable[[], None], next_recipient: str = ""
    ) -> Outcome:
        """Submit `message`, which must have CRLF line ends and be dot-stuffed, and return the outcome.

        `before_submit` is called when the server is ready for the message; if it raises, the message is discarded and
        the exception propagates. The envelope of `next_recipient`, the likely next call, is sent along with the final
        dot (RFC 2920, 3.1). Raise TransportError as `open` does; all other errors become outcomes.
        """
        if self._pipelined not in (None, (sender, recipient)):
            self.close()
        smtp = self.open()
        self._is_submitted = False
        self._disconnects += 1
        try:
            outcome = self._send_envelope(smtp, sender, recipient)
            if outcome is None:
                before_submit()
                outcome = self._submit(smtp, sender, recipient, message, next_recipient)
        except OSError as error:
            self.close()
            if self._is_submitted:
                reason = "The connection broke after the email was submitted, before the server replied"
                return Outcome(_STATUS.UNCERTAIN, "", f"{reason}: {_describe(error)}.")
            return Outcome(_STATUS.DEFERRED, "", f"The connection broke: {_describe(error)}.")
        except BaseException:
            self.close()
            raise
        if self._smtp:
            self._disconnects = 0
        return outcome

    def _send_envelope(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> Outcome | None:
        """Send MAIL, RCPT and DATA. Return the outcome if the server rejects one of them, else None."""
        commands = _envelope(sender, recipient)
        # In one packet if the server supports it (RFC 2920): one round trip instead of three.
        can_pipeline = smtp.has_extn("pipelining")
        if can_pipeline and not self._pipelined:
            smtp.send("".join(f"{command}\r\n" for command in commands))
        self._pipelined = None
        rejection = None
        for command in commands:
            if not can_pipeline:
                smtp.putcmd(command)
            code, text = smtp.getreply()
            accepted = (354,) if command == "DATA" else (250, 251)
            if rejection is None and code not in accepted:
                rejection = _classify_reply(code, text, recipient, is_sender_rejected=command.startswith("MAIL"))
                if not can_pipeline:
                    break
        if rejection:
            self._reset(smtp, code, rejection)
        return rejection

    def _reset(self, smtp: smtplib.SMTP, last_code: int, rejection: Outcome) -> None:
        """Make the connection usable for the next message."""
        if last_code == 354 or rejection.code == "421":
            # The server waits for a message that will not come, or is about to disconnect.
            self.close()
            return
        try:
            smtp.rset()
        except OSError:
            self.close()

    def _submit(self, smtp: Any, sender: str, recipient: str, message: bytes, next_recipient: str) -> Outcome:
        """Send the message and its final dot, followed by the next envelope, and wait for the reply to the dot."""
        timeout = smtp.sock.gettimeout()
        next_envelope = ""
        if next_recipient and smtp.has_extn("pipelining"):
            self._pipelined = (sender, next_recipient)
            next_envelope = "".join(f"{command}\r\n" for command in _envelope(sender, next_recipient))
        self._transmit(smtp.sock, message + b".\r\n", next_envelope.encode("ascii"))
        smtp.sock.settimeout(REPLY_TIMEOUT_SECONDS)
        code, text = smtp.getreply()
        smtp.sock.settimeout(timeout)
        if code == 250:
            return Outcome(_STATUS.SENT, "250")
        rejection = _classify_reply(code, text, recipient)
        if code == 421:
            self.close()
        return rejection

    def _transmit(self, connection: socket.socket, message: bytes, next_envelope: bytes) -> None:
        """Send `message` and `next_envelope`; set `_is_submitted` once the final dot may have been sent."""
        rest = memoryview(message + next_envelope)
        while rest:
            rest = rest[connection.send(rest) :]
            self._is_submitted = len(rest) <= len(next_envelope)


def _envelope(sender: str, recipient: str) -> tuple[str, str, str]:
    return f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"


def _classify_reply(code: int, text: bytes, recipient: str, *, is_sender_rejected: bool = False) -> Outcome:
    """Return the outcome of a rejection.

    4xx is temporary and 5xx permanent, but 5.7.x and a rejected sender concern our configuration, not the recipient
    (RFC 3463, 3.8). Raise SMTPResponseException for a reply that is not a rejection.
    """
    if not 400 <= code < 600:
        raise smtplib.SMTPResponseException(code, text)
    # Servers repeat the email address, which must not outlive the subscriber's record.
    redacted = re.sub(re.escape(recipient), "the address", text.decode(errors="replace"), flags=re.IGNORECASE)
    reply = " ".join(redacted.split())
    is_config_error = code >= 500 and (is_sender_rejected or reply.startswith("5.7."))
    status = _STATUS.FAILED if code >= 500 and not is_config_error else _STATUS.DEFERRED
    return Outcome(status, str(code), f"The mail server said: {code} {reply}"[:300], is_config_error)


def _describe(error: OSError) -> str:
    """Describe `error` without the server's text, which may contain an email address."""
    if isinstance(error, TimeoutError):
        return "no reply in time"
    if isinstance(error, smtplib.SMTPResponseException):
        return "an unexpected reply"
    return "the server disconnected"
