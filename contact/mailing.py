"""Mails what waits: messages to the owner, replies to their senders. The rows themselves are the queue.

At least once. A row is claimed, sent, and only then noted as sent; a worker killed in between leaves a row that is
due again after its spacing. Of the two ways to be wrong this is the harmless one: a second copy, which mail programs
mostly drop by its Message-ID, instead of a reply that nobody ever gets. Without a crash each mail goes out once, with
any number of workers.
"""

import logging
import smtplib
import socket
import ssl
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse

from contact.headers import mailbox, one_line
from contact.models import ContactSettings, Message, Outgoing, Reply
from siteinfo.addresses import absolute_url
from siteinfo.models import SiteInfo

log = logging.getLogger(__name__)

MOST_AT_ONCE = 50

# The first that fits. {reply} is what the server said, {error} what Python says.
_FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "The mail server did not take our name and password."),
    (smtplib.SMTPRecipientsRefused, "The mail server refused the address it should go to: {reply}"),
    (smtplib.SMTPSenderRefused, "The mail server does not let us send from our address (EMAIL_FROM): {reply}"),
    (smtplib.SMTPNotSupportedError, "The mail server lacks something we need, such as encryption: {error}"),
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
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


def deliver() -> int:
    """Send what is due; how many were tried. Nothing without a mail server or, for messages, somebody to send them to.

    Whatever goes wrong is kept with the row and tried again, after five minutes first and daily in the end; an address
    that the server refuses for good is not.
    """
    recipient = ContactSettings.recipient()
    due: list[Message | Reply] = [*Reply.objects.due().select_related("message")[:MOST_AT_ONCE]]
    if recipient:
        due += Message.objects.due()[:MOST_AT_ONCE]
    if not due or "default" not in mailers:
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
            _keep_fault(row, silence) if silence else _send(row, mailer, recipient)
    with suppress(OSError):
        mailer.close()
    return tried


def _send(row: Message | Reply, mailer: BaseEmailBackend, recipient: str) -> None:
    try:
        mail = message_mail(row, recipient) if isinstance(row, Message) else reply_mail(row, recipient)
        mailer.send_messages([mail])
    except Exception as error:
        _keep_fault(row, error)
    else:
        row.note_mailed()


def _keep_fault(row: Outgoing, error: Exception) -> None:
    # The kind only: the words may hold somebody's address, and logs are kept longer than messages.
    log.warning("%s could not be mailed: %s", row, type(error).__name__)
    is_final = isinstance(error, smtplib.SMTPRecipientsRefused) and _reply(error).startswith("5")
    row.note_fault(in_words(error), is_final=is_final)


def message_mail(message: Message, recipient: str) -> EmailMessage:
    """The mail that tells `recipient` of a message; an answer to it goes to whoever wrote. ValueError if impossible."""
    site = SiteInfo.objects.first() or SiteInfo()
    desk = absolute_url(reverse("admin:contact_message_change", args=[message.pk]))
    return EmailMessage(
        one_line(f"{message.subject} (message to {site.name})"),
        render_to_string("contact/email/message.txt", {"message": message, "desk": desk}),
        mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
        [mailbox(recipient)],
        reply_to=[mailbox(message.email, message.name)],
        headers=_headers(message),
    )


def reply_mail(reply: Reply, recipient: str) -> EmailMessage:
    """The mail that a reply is; what its reader answers goes to `recipient`, if any. ValueError if impossible."""
    site = SiteInfo.objects.first() or SiteInfo()
    message = reply.message
    return EmailMessage(
        one_line(f"Re: {message.subject}"),
        reply.body,
        mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
        [mailbox(message.email, message.name)],
        reply_to=[mailbox(recipient, site.name)] if recipient else None,
        headers=_headers(reply),
    )


def test_mail(address: str) -> EmailMessage:
    """A mail that tells `address` that mail works. ValueError for what is no address."""
    site = SiteInfo.objects.first() or SiteInfo()
    body = f"This is a test from {settings.SITE_URL}. It came through, so mail goes out.\n"
    return EmailMessage("Mail works", body, mailbox(settings.DEFAULT_FROM_EMAIL, site.name), [mailbox(address)])


def _headers(row: Outgoing) -> dict[str, str]:
    return {"Message-ID": f"<{row.mail_id}@{urlsplit(settings.SITE_URL).hostname}>"}


def trouble() -> str:
    """Why messages or replies are not mailed, in a sentence for the desk; "" if all is well. At most three queries."""
    if "default" not in mailers:
        return "No mail can go out, because no mail server is set (EMAIL_URL). Messages are kept here."
    if not ContactSettings.recipient():
        return "Messages are only shown here: say under “Where messages go” which address they should be mailed to."
    for row in (Message.objects.stuck().first(), Reply.objects.stuck().first()):
        if row:
            return f"Some mails have not gone out yet. {row.fault}"
    return ""
