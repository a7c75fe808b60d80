"""Fixtures of the affiliate tests: Amazon's program, and one of a shop that allows redirects."""

import pytest

from affiliates.models import Program


@pytest.fixture
def amazon(db: None) -> Program:
    """Return Amazon's program with a tag."""
    program = Program.objects.amazon()
    program.tag = "mine-20"
    program.save()
    return program


@pytest.fixture
def shop(db: None) -> Program:
    """Return a program that allows redirects, links in emails and link checks."""
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
