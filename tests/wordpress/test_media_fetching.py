"""Files of the old site are fetched within limits, and failures have a reason."""

from typing import IO, Any

import pytest

from http_client.client import FetchError, Response
from wordpress.media import fetching
from wordpress.media.fetching import Fetcher
from wordpress.media.sources import MediaSourceError

URL = "https://old.example/wp-content/uploads/2020/05/knee.jpg"


class OldSite:
    """Answers downloads with the given statuses, one after the other."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)

    def __call__(self, url: str, file: IO[bytes], **limits: Any) -> Response:
        status = self.statuses.pop(0)
        if not status:
            raise FetchError("There was no complete response within 120 seconds.")
        if status == 200:
            file.write(b"image")
        return Response(status, {}, b"")


def fetch(fetcher: Fetcher) -> bytes:
    with fetcher.open(URL) as stream:
        return stream.read()


@pytest.mark.parametrize("statuses", [(200,), (503, 200), (0, 200), (429, 0, 200)])
def test_failures_that_may_pass_are_tried_again(monkeypatch: pytest.MonkeyPatch, statuses: tuple[int, ...]) -> None:
    site = OldSite(*statuses)
    monkeypatch.setattr(fetching, "download", site)
    assert fetch(Fetcher(pause=0)) == b"image"
    assert not site.statuses


def test_missing_file_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    site = OldSite(404, 200)
    monkeypatch.setattr(fetching, "download", site)
    with pytest.raises(MediaSourceError, match="status 404"):
        fetch(Fetcher(pause=0))
    assert site.statuses == [200]


def test_downloads_stop_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "download", OldSite(200, 200))
    fetcher = Fetcher(pause=0, max_files=1)
    fetch(fetcher)
    with pytest.raises(MediaSourceError, match="limit"):
        fetch(fetcher)


def test_private_addresses_are_never_reached() -> None:
    with pytest.raises(MediaSourceError, match="no public IP"), Fetcher(pause=0).open("http://127.0.0.1:9/a.jpg"):
        pass
