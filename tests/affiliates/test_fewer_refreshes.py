"""Test that many texts at once refresh the statements once per shop, and still tell the truth at once."""

import pytest

from affiliates import site_statements
from affiliates.models import Program
from siteinfo.models import SiteInfo
from tests.factories import make_post

pytestmark = pytest.mark.django_db
BODY = '<p><a href="https://shop.example/{}?ref=me">Band</a></p>'


def test_statements_are_refreshed_once_per_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    Program.objects.create(name="Shop", hosts="shop.example", statements="We earn.")
    refreshes: list[int] = []
    refresh = site_statements.refresh

    def count_and_refresh() -> None:
        refreshes.append(1)
        refresh()

    monkeypatch.setattr(site_statements, "refresh", count_and_refresh)
    with site_statements.fewer_refreshes():
        make_post(body=BODY.format(1))
        assert len(refreshes) == 1
        make_post(body=BODY.format(2))
        assert len(refreshes) == 1
    assert len(refreshes) == 2
    make_post(body=BODY.format(3))
    assert len(refreshes) == 3


def test_statements_are_refreshed_after_an_error() -> None:
    SiteInfo.objects.create(pk=SiteInfo.singleton_instance_id, statements="Wrong")
    with pytest.raises(ValueError, match="stop"), site_statements.fewer_refreshes():
        raise ValueError("stop")
    assert SiteInfo.objects.get().statements == ""
