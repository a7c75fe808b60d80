"""Email addresses become valid mailboxes or a ValueError."""

import pytest

from outbox.headers import format_mailbox


@pytest.mark.parametrize(
    "email",
    ["", "sam", "@example.org", "sam@", "sam@a..b", "sam@straße.example", "s m@exa mple.org", '"a..b"@example.org'],
)
def test_invalid_address_raises_value_error_only(email: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        format_mailbox(email)
