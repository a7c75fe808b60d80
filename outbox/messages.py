"""Emails whose headers arrive as they were typed."""

import textwrap
from email.header import Header
from email.headerregistry import Address, AddressHeader, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from typing import Any

from django.core.mail import EmailMultiAlternatives

# RFC 5322, 2.1.1: a line should have at most 78 characters and must have at most 998.
LINE_LENGTH = 78
MAX_WORD_LENGTH = 900
# RFC 2047, 2: 76 with the space that starts a folded line.
ENCODED_LINE_LENGTH = 75


class HeaderPolicy(EmailPolicy):
    """Fold subjects and names with `email.header`.

    `EmailPolicy.fold` splits encoded words beside plain ones, which adds and drops spaces (CPython issue 144156), and
    encodes ASCII words that are longer than a line, such as the URL in List-Unsubscribe. It also drops the quotes of
    long names, which may hold an @.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return a header as typed. Python decodes a subject about “=?utf-8?q?x?=” to one about “x”."""
        if name.lower() == "subject" and "=?" in value and not hasattr(value, "name"):
            value = Header(value, "utf-8").encode(maxlinelen=0)
        return super().header_store_parse(name, value)

    def fold(self, name: str, value: Any) -> str:
        """Return the header as one or several lines of ASCII characters."""
        if isinstance(value, AddressHeader):
            folded = f",{self.linesep} ".join(self._encode_mailbox(name, address) for address in value.addresses)
        elif isinstance(value, UnstructuredHeader):
            folded = self._encode(name, str(value))
        else:
            return super().fold(name, value)
        return f"{name}: {folded}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the folded header as bytes."""
        return self.fold(name, value).encode("ascii", "surrogateescape")

    def _encode(self, name: str, text: str) -> str:
        # Readers decode the former, and folding may drop one of two spaces.
        must_encode = name.lower() == "subject" and ("=?" in text or "  " in text)
        if text.isascii() and not must_encode and max(map(len, text.split()), default=0) < MAX_WORD_LENGTH:
            indented = textwrap.fill(
                text,
                initial_indent=f"{name}: ",
                subsequent_indent=" ",
                width=LINE_LENGTH,
                break_long_words=False,
                break_on_hyphens=False,
            )
            return self.linesep.join(indented.removeprefix(f"{name}: ").split("\n"))
        header = Header(text, "utf-8", header_name=name, maxlinelen=ENCODED_LINE_LENGTH)
        return header.encode(splitchars=" ", linesep=self.linesep)

    def _encode_mailbox(self, name: str, address: Address) -> str:
        if address.display_name.isascii():
            return self._encode(name, str(address))
        return f"{self._encode(name, address.display_name)}{self.linesep} <{address.addr_spec}>"


SMTP = HeaderPolicy(linesep="\r\n")


class OutgoingEmail(EmailMultiAlternatives):
    """An email whose headers are folded by `HeaderPolicy`."""

    def message(self, *, policy: "Policy[Any] | None" = None) -> EmailMessage:
        """Build the MIME message with the line ends of `policy`."""
        return super().message(policy=HeaderPolicy(linesep=policy.linesep if policy else "\n"))
