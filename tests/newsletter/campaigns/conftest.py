"""Programs that pay, as the tests of paid links have them."""

from tests.affiliates.conftest import amazon, shop  # noqa: F401 - fixtures
