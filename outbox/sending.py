"""Mails what waits, one by one: every table made from `outbox.models.Outgoing`. The rows themselves are the queue.

At least once. A row is claimed, sent, and only then noted as sent; a worker killed in between leaves a row that is
due again after its spacing. Of the two ways to be wrong this is the harmless one: a second copy, which mail programs
mostly drop by its Message-ID, instead of a mail that nobody ever gets. Without a crash each mail goes out once, with
any number of workers.
"""

import logging
import smtplib
import socket
import ssl
from contextlib import suppress
from typing import Any

from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend

from outbox.headers import mailbox
from outbox.models import Outgoing, OutgoingQuerySet
from siteinfo.models import SiteInfo

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50

# The first that fits. {reply} is what the server said, {error} what Python says.
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "The mail server did not take our name and password."),
    (smtplib.SMTPRecipientsRefused, "The mail server refused the address it should go to: {reply}"),
    (smtplib.SMTPSenderRefused, "The mail server does not let us send from our address (EMAIL_FROM): {reply}"),
    (smtplib.SMTPNotSupportedError, "The mail server lacks something we need, such as encryption: {error}"),
    (AnymailRecipientsRefused, "The mail provider refused the address it should go to."),
    (AnymailError, "The mail provider did not take it: {reply}"),
    (smtplib.SMTPServerDisconnected, "The mail server hung up."),
    (smtplib.SMTPResponseException, "The mail server said no: {reply}"),
    (ssl.SSLError, "The connection to the mail server could not be made safe: {error}"),
    (socket.gaierror, "There is no mail server with the name in EMAIL_URL."),
    (TimeoutError, "The mail server did not answer in time."),
    (ConnectionRefusedError, "Nothing answers where the mail server should be: is EMAIL_URL right?"),
    (OSError, "The mail server could not be reached: {error}"),
    (ValueError, "An address or a line of it is not written as mail needs it: {error}"),
    (Exception, "It could not be sent: {error}"),
)


def in_words(error: Exception) -> str:
    """Why a mail did not go out, in a sentence for whoever runs the site."""
    sentence = next(words for kind, words in _FAULTS if isinstance(error, kind))
    return " ".join(sentence.format(reply=_reply(error), error=error).split())


def _reply(error: Any) -> str:
    """What the mail server answered: code and words."""
    code, words = getattr(error, "smtp_code", ""), getattr(error, "smtp_error", b"")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    if isinstance(error, AnymailError):
        # Not its own words, which repeat the whole mail's addresses.
        code, words = error.status_code or "no answer", ""
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


def deliver() -> int:
    """Send what is due; how many were tried. Nothing without a mail server.

    Whatever goes wrong is kept with the row and tried again, after five minutes first and daily in the end; an address
    that the server refuses for good is not.
    """
    if "default" not in mailers or not (due := [row for queue in _queues() for row in queue.due()[:MOST_AT_ONCE]]):
        return 0
    mailer, silence = mailers.default, None
    try:
        mailer.open()
    except Exception as error:
        # One try for all of them: a server that is silent would keep the worker waiting for each.
        silence = error
    tried = 0
    for row in due:
        if row.claim():
            tried += 1
            _keep_fault(row, silence) if silence else _send(row, mailer)
    with suppress(OSError):
        mailer.close()
    return tried


def _queues() -> list[Any]:
    return [model._default_manager.all() for model in apps.get_models() if issubclass(model, Outgoing)]


def _send(row: Outgoing, mailer: BaseEmailBackend) -> None:
    try:
        if (mail := row.as_mail()) is None:
            row.note_needless()
            return
        mailer.send_messages([mail])
    except Exception as error:
        _keep_fault(row, error)
    else:
        row.note_mailed()


def _keep_fault(row: Outgoing, error: Exception) -> None:
    # The kind only: the words may hold somebody's address, and logs are kept longer than messages.
    log.warning("%s could not be mailed: %s", row, type(error).__name__)
    refused = isinstance(error, smtplib.SMTPRecipientsRefused) and _reply(error).startswith("5")
    is_final = refused or isinstance(error, AnymailRecipientsRefused)
    row.note_fault(in_words(error), is_final=is_final)


def test_mail(address: str) -> EmailMessage:
    """A mail that tells `address` that mail works. ValueError for what is no address."""
    site = SiteInfo.objects.first() or SiteInfo()
    body = f"This is a test from {settings.SITE_URL}. It came through, so mail goes out.\n"
    return EmailMessage("Mail works", body, mailbox(settings.DEFAULT_FROM_EMAIL, site.name), [mailbox(address)])


def trouble(*queues: OutgoingQuerySet[Any]) -> str:
    """Why mails of `queues` do not go out, in a sentence for the desk; "" if all is well. A query for each at most."""
    if "default" not in mailers:
        return "No mail can go out, because no mail server is set (EMAIL_URL). What is to be mailed waits."
    for queue in queues:
        if row := queue.stuck().first():
            return f"Some mails have not gone out yet. {row.fault}"
    return ""
