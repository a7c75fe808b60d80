"""Parse numbers from request parameters and HTML attributes."""

# One digit fewer than the largest bigint.
MAX_PK_DIGITS = 18
MAX_PAGE_DIGITS = 7


def parse_pk(text: str | None) -> int | None:
    """Return `text` as a primary key, or None unless it consists of ASCII digits that fit into a bigint column."""
    return _parse_digits(text, MAX_PK_DIGITS)


def parse_page_number(text: str | None) -> int | None:
    """Return `text` as a page number, or None unless it consists of at most seven ASCII digits."""
    return _parse_digits(text, MAX_PAGE_DIGITS)


def _parse_digits(text: str | None, max_digits: int) -> int | None:
    # isdecimal() also accepts the digits of other scripts. The limit keeps int() fast.
    if text and text.isascii() and text.isdecimal() and len(text) <= max_digits:
        return int(text)
    return None
