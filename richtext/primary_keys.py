"""Primary keys that come from outside: request parameters and the attributes of embeds."""

# One digit less than the largest bigint has.
MAX_DIGITS = 18


def parse_pk(text: str | None) -> int | None:
    """Return `text` as a primary key, or None unless it is ASCII digits that fit a bigint column."""
    if text and text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        return int(text)
    return None
