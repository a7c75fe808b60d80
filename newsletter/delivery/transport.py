"""Hand one email to the mail server over SMTP and report the result; provider APIs are in `providers.py`.

SMTP hands a mail over at one moment: with the dot after its last line (RFC 5321, 4.1.1.4 and 4.2.5). Whatever breaks
before, the server has taken nothing; whatever breaks between the dot and the answer, nobody here can know.
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

# RFC 5321 (4.5.3.2.6) asks for patience here: who gives up waits for an answer that was about to come.
SECONDS_FOR_AN_ANSWER = 120
# A server that hangs up once has its reasons (so many mails a connection); one that goes on so is in trouble.
MOST_BREAKS = 3
_STATUS = Delivery.Status


class Outcome(NamedTuple):
    """What became of a mail. `is_ours`: the server refuses us, not the reader, so every further mail would fail too.

    `provider_id` is how a provider calls it from then on.
    """

    status: Delivery.Status
    code: str = ""
    error: str = ""
    is_ours: bool = False
    provider_id: str = ""


class Unreachable(Exception):  # noqa: N818 - a state of the world
    """No mail can go out now. `is_ours`: nor later, until somebody changes the settings."""

    def __init__(self, reason: str, *, is_ours: bool = False) -> None:
        super().__init__(reason)
        self.is_ours = is_ours


class SmtpTransport:
    """A connection to the mail server that EMAIL_URL names, kept open from mail to mail. For one thread."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None
        self._breaks = 0
        # Whether the dot of the mail in hand may have left.
        self._is_out = False
        # Whose mail the server has been told of ahead of time, and waits for.
        self._announced: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._smtp and not self._announced:
            with suppress(OSError):
                self._smtp.quit()
        self.close()

    def open(self) -> smtplib.SMTP:
        """The connection, made now if there is none. Unreachable says why not."""
        if self._smtp:
            return self._smtp
        if self._breaks >= MOST_BREAKS:
            raise Unreachable("The mail server hangs up again and again.")
        mailer = mailers.default if "default" in mailers else None
        if not isinstance(mailer, EmailBackend):
            raise Unreachable("No mail server is set (EMAIL_URL).", is_ours=True)
        try:
            mailer.open()
            smtp: Any = mailer.connection
            smtp.ehlo_or_helo_if_needed()
            # The dot is a small packet after a big one; it must not wait for the big one's receipt.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except smtplib.SMTPAuthenticationError as error:
            is_final = error.smtp_code >= 500
            raise Unreachable("The mail server did not take our name and password.", is_ours=is_final) from error
        except smtplib.SMTPNotSupportedError as error:
            reason = f"The mail server lacks something we need, such as encryption: {error}"
            raise Unreachable(reason, is_ours=True) from error
        except OSError as error:
            raise Unreachable(f"The mail server cannot be reached: {error}") from error
        self._smtp = smtp
        return self._smtp

    def close(self) -> None:
        """Drop the connection without a word: a mail that waits for its dot is then gone on both sides."""
        self._announced = None
        if self._smtp:
            self._smtp.close()
            self._smtp = None

    def send(
        self, sender: str, recipient: str, mail: bytes, before_dot: Callable[[], None], following: str = ""
    ) -> Outcome:
        """Send `mail`, whose lines end with CRLF and are dot-stuffed, from `sender` to `recipient`; what became of it.

        `before_dot` is called when the server waits for the mail; if it raises, the mail is dropped on both sides and
        the error goes on. `following` is whose mail probably comes next: the server is told at once, in the packet of
        the dot (RFC 2920, 3.1). Unreachable as from `open`; every other trouble is an outcome.
        """
        if self._announced not in (None, (sender, recipient)):
            self.close()
        smtp = self.open()
        self._is_out = False
        self._breaks += 1
        try:
            outcome = self._announce(smtp, sender, recipient)
            if outcome is None:
                before_dot()
                outcome = self._finish(smtp, sender, recipient, mail, following)
        except OSError as error:
            self.close()
            if self._is_out:
                words = "The connection broke after the mail was handed over, before the server answered"
                return Outcome(_STATUS.UNCERTAIN, "", f"{words}: {_kind(error)}.")
            return Outcome(_STATUS.DEFERRED, "", f"The connection broke: {_kind(error)}.")
        except BaseException:
            self.close()
            raise
        if self._smtp:
            self._breaks = 0
        return outcome

    def _announce(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> Outcome | None:
        """Say whom it is from and to; what became of it if the server will not have it, else None."""
        commands = _envelope(sender, recipient)
        # In one packet where the server can (RFC 2920): one wait instead of three.
        together = smtp.has_extn("pipelining")
        if together and not self._announced:
            smtp.send("".join(f"{command}\r\n" for command in commands))
        self._announced = None
        refused = None
        for command in commands:
            if not together:
                smtp.putcmd(command)
            code, words = smtp.getreply()
            if refused is None and code not in ((354,) if command == "DATA" else (250, 251)):
                refused = self._refusal(code, words, recipient, is_senders=command.startswith("MAIL"))
                if not together:
                    break
        if refused and (code == 354 or refused.code == "421"):
            # It waits for a mail that will not come, or is about to hang up.
            self.close()
        elif refused:
            try:
                smtp.rset()
            except OSError:
                self.close()
        return refused

    def _finish(self, smtp: Any, sender: str, recipient: str, mail: bytes, following: str) -> Outcome:
        """Send the mail and its dot, and tell of the `following` one; what the server answers to the dot."""
        patience = smtp.sock.gettimeout()
        ahead = ""
        if following and smtp.has_extn("pipelining"):
            self._announced = (sender, following)
            ahead = "".join(f"{command}\r\n" for command in _envelope(sender, following))
        self._hand_over(smtp.sock, mail + b".\r\n", ahead.encode("ascii"))
        smtp.sock.settimeout(SECONDS_FOR_AN_ANSWER)
        code, words = smtp.getreply()
        smtp.sock.settimeout(patience)
        if code == 250:
            return Outcome(_STATUS.SENT, "250")
        refused = self._refusal(code, words, recipient)
        if code == 421:
            self.close()
        return refused

    def _hand_over(self, line: socket.socket, mail: bytes, ahead: bytes) -> None:
        """Send `mail` and what comes `ahead` of the next one; `_is_out` once the dot may have left."""
        rest = memoryview(mail + ahead)
        while rest:
            rest = rest[line.send(rest) :]
            self._is_out = len(rest) <= len(ahead)

    @staticmethod
    def _refusal(code: int, words: bytes, recipient: str, *, is_senders: bool = False) -> Outcome:
        """What "no" means: 4xx later, 5xx never; 5.7.x and a refused sender are about us (RFC 3463, 3.8).

        SMTPResponseException for an answer that is neither yes nor no.
        """
        if not 400 <= code < 600:
            raise smtplib.SMTPResponseException(code, words)
        # Servers like to repeat the address, which has to go when the person goes.
        text = re.sub(re.escape(recipient), "the address", words.decode(errors="replace"), flags=re.IGNORECASE)
        said = " ".join(text.split())
        is_ours = code >= 500 and (is_senders or said.startswith("5.7."))
        status = _STATUS.FAILED if code >= 500 and not is_ours else _STATUS.DEFERRED
        return Outcome(status, str(code), f"The mail server said: {code} {said}"[:300], is_ours)


def _envelope(sender: str, recipient: str) -> tuple[str, str, str]:
    return f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"


def _kind(error: OSError) -> str:
    """What happened, in few words; never the server's, which may hold an address."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return "an answer that is none" if isinstance(error, smtplib.SMTPResponseException) else "the server hung up"
