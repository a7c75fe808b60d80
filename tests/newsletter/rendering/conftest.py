"""Affiliate programs, as in the tests of affiliates."""

from tests.affiliates.conftest import amazon, shop  # noqa: F401 - fixtures
