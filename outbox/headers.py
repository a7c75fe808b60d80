"""Words and addresses of readers as the header lines of a mail take them."""

from email.errors import HeaderParseError
from email.headerregistry import Address

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode

# RFC 5321, 4.5.3.1.3: a path has 256 letters, its angle brackets among them.
MOST_LETTERS = 254


def one_line(text: str) -> str:
    """`text` as one line that says what it shows: an "=?" would be read as the start of encoded words (RFC 2047)."""
    return " ".join(text.split()).replace("=?", "= ?")


def mailbox(address: str, name: str = "") -> str:
    """`address`, behind `name` if there is one, in the form of RFC 5322.

    ValueError for what is no address, and for what mail in general does not carry: more than MOST_LETTERS, letters
    beyond ASCII before the @ (RFC 6531 is not common yet), and domains that the older rules for such letters, IDNA
    2003, turn into another one.
    """
    local, _, domain = address.rpartition("@")
    encoded = punycode(domain)
    is_itself = domain.isascii() or encoded.encode().decode("idna") == domain.lower()
    if not (local.isascii() and is_itself) or len(f"{local}@{encoded}") > MOST_LETTERS:
        raise ValueError(f"No mail reaches {address!r}.")
    try:
        found = Address(one_line(name), addr_spec=f"{local}@{encoded}")
    except (HeaderParseError, IndexError) as error:
        raise ValueError(f"{address!r} is no address.") from error
    # Python leaves out some quotes that are needed, as those of "a..b"@example.org.
    if found.addr_spec != f"{local}@{encoded}":
        raise ValueError(f"No mail reaches {address!r}.")
    return str(found)


def validate_mailable(address: str) -> None:
    """ValidationError for a complete address that our mail cannot reach; of others `validate_email` says enough."""
    try:
        validate_email(address)
    except ValidationError:
        return
    try:
        mailbox(address)
    except ValueError:
        raise ValidationError(
            "Our mail cannot reach an address with these letters, or so many. Do you have another one?",
            code="unmailable",
        ) from None
