"""Programs as authors have them: Amazon, and a shop that may be linked through the site."""

import pytest

from affiliates.models import Program


@pytest.fixture
def amazon(db: None) -> Program:
    """Amazon, with a tag."""
    program = Program.objects.amazon()
    program.tag = "mine-20"
    program.save()
    return program


@pytest.fixture
def shop(db: None) -> Program:
    """A shop whose links may pass through this site, be mailed and be looked at by robots."""
    return Program.objects.create(
        name="Quiet Shop",
        hosts="shop.example.com",
        tag="me",
        tag_parameter="ref",
        allows_email=True,
        allows_bots=True,
        price_hours=48,
        disclosure="Quiet Shop pays me a share of what you buy there.",
    )
