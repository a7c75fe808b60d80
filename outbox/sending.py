"""Send queued emails one by one, from every table based on `outbox.models.QueuedEmail`.

Delivery is at least once. A row is claimed, sent, and only then marked as sent; if a worker is killed in between, the
row is due again after its retry delay. The reader may then get a second copy, which mail clients mostly drop because
of its Message-ID; the alternative would be an email that is never sent. Without a crash, each email goes out once,
with any number of workers.
"""

import logging
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from anymail import exceptions
from django.apps import apps
from django.conf import settings
from django.core.mail import mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Max, Min

from operations.maintenance import is_maintenance_on
from outbox.headers import format_mailbox
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from siteinfo.models import SiteInfo

log = logging.getLogger(__name__)

BATCH_SIZE = 50


@cache
def _sentences() -> tuple[tuple[type[Exception], str], ...]:
    # The first match counts. {reply} is the server's reply, {error} is Python's message.
    return (
        (smtplib.SMTPAuthenticationError, "The mail server rejected our username and password."),
        (smtplib.SMTPRecipientsRefused, "The mail server rejected the recipient's email address: {reply}"),
        (smtplib.SMTPSenderRefused, "The mail server rejected our sender address (EMAIL_FROM): {reply}"),
        (smtplib.SMTPNotSupportedError, "The mail server lacks a required feature, such as encryption: {error}"),
        (exceptions.AnymailRecipientsRefused, "The email provider rejected the recipient's email address."),
        (exceptions.AnymailError, "The email provider did not accept the email: {reply}"),
        (smtplib.SMTPServerDisconnected, "The mail server closed the connection."),
        (smtplib.SMTPResponseException, "The mail server rejected the email: {reply}"),
        (ssl.SSLError, "The connection to the mail server is not secure: {error}"),
        (socket.gaierror, "The mail server named in EMAIL_URL could not be found."),
        (TimeoutError, "The mail server did not respond in time."),
        (ConnectionRefusedError, "The mail server refused the connection. Check EMAIL_URL."),
        (OSError, "The mail server could not be reached: {error}"),
        (ValueError, "An email address or header is invalid: {error}"),
        (Exception, "The email could not be sent: {error}"),
    )


def describe_error(error: Exception) -> str:
    """Explain in one sentence, for the site's owner, why an email was not sent."""
    sentence = next(text for kind, text in _sentences() if isinstance(error, kind))
    return " ".join(sentence.format(reply=_server_reply(error), error=error).split())


def _server_reply(error: Any) -> str:
    """Return the reply code and text of the mail server."""
    code, text = getattr(error, "smtp_code", ""), getattr(error, "smtp_error", b"")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    if isinstance(error, exceptions.AnymailError):
        # Leave out its text, which contains the email addresses.
        code, text = error.status_code or "no answer", ""
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


def send_due_emails() -> int:
    """Send the emails that are due and return the number of attempts. Do nothing without a mail server.

    A failed email is retried after five minutes at first and daily in the end, unless the server has rejected its
    email address permanently.
    """
    if "default" not in mailers:
        return 0
    due = [email for queue in queues() for email in queue.due()[:BATCH_SIZE]]
    if not due:
        return 0
    mailer = mailers.default
    connection_error = _open(mailer)
    attempts = 0
    for email in due:
        if is_maintenance_on():
            break
        if not email.claim():
            continue
        attempts += 1
        if connection_error:
            _mark_failed(email, connection_error)
        else:
            _send(email, mailer)
    with suppress(OSError):
        mailer.close()
    return attempts


def _open(mailer: BaseEmailBackend) -> Exception | None:
    """Connect once for all emails, so that an unresponsive server delays the worker only once. Return the error."""
    try:
        mailer.open()
    except Exception as error:
        return error
    return None


def queues() -> list[QueuedEmailQuerySet[Any]]:
    """Return the emails of each table."""
    return [model._default_manager.all() for model in apps.get_models() if issubclass(model, QueuedEmail)]  # type: ignore[misc]


def oldest_due() -> datetime | None:
    """Return since when the email that has been due for longest is waiting."""
    return _extreme(min, (queue.due().aggregate(time=Min("next_attempt_at"))["time"] for queue in queues()))


def last_sent() -> datetime | None:
    """Return when the mail server last accepted an email."""
    return _extreme(max, (queue.aggregate(time=Max("sent_at"))["time"] for queue in queues()))


def count_given_up() -> int:
    """Return the number of emails that failed and are not tried again."""
    return sum(queue.failed().filter(next_attempt_at__isnull=True).count() for queue in queues())


def _extreme(choose: Callable[..., datetime], times: Iterable[datetime | None]) -> datetime | None:
    known = [time for time in times if time]
    return choose(known) if known else None


def _send(email: QueuedEmail, mailer: BaseEmailBackend) -> None:
    try:
        message = email.build_email()
        if message is None:
            email.mark_cancelled()
            return
        mailer.send_messages([message])
    except Exception as error:
        _mark_failed(email, error)
    else:
        email.mark_sent()


def _mark_failed(email: QueuedEmail, error: Exception) -> None:
    # Log the type only: the message may contain an email address, and logs are kept longer than emails.
    log.warning("%s could not be sent: %s", email, type(error).__name__)
    is_rejected = isinstance(error, smtplib.SMTPRecipientsRefused) and _server_reply(error).startswith("5")
    is_final = is_rejected or isinstance(error, exceptions.AnymailRecipientsRefused)
    email.mark_failed(describe_error(error), is_final=is_final)


def build_test_email(to_email: str) -> OutgoingEmail:
    """Build an email that confirms that sending works. Raise ValueError for an invalid email address."""
    site = SiteInfo.load()
    body = f"This is a test email from {settings.SITE_URL}. Your mail server works.\n"
    return OutgoingEmail(
        "Test email", body, format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name), [format_mailbox(to_email)]
    )


def delivery_problem(*queues: QueuedEmailQuerySet[Any]) -> str:
    """Explain in a sentence for the admin why emails in `queues` are not sent; "" if there is no problem."""
    if "default" not in mailers:
        return "No email can be sent because no mail server is set (EMAIL_URL). Emails wait until you set one."
    for queue in queues:
        if email := queue.failed().first():
            return f"Some emails have not been sent yet. {email.last_error}"
    return ""
