"""Send beacons as browsers do, and count them."""

from typing import Any

from django.test import Client

from analytics import spool
from analytics.counting import count_file
from analytics.models import CountedPage, PageCount

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BROWSER = {"Sec-Fetch-Site": "same-origin", "User-Agent": FIREFOX}


def send(client: Client, data: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    """Send a beacon with the headers of a browser, changed by `headers`."""
    response = client.post("/count-page/", query_params=data, headers=BROWSER | (headers or {}))
    assert not response.cookies
    assert "Set-Cookie" not in response
    return response


def view(client: Client, path: str = "/", headers: dict[str, str] | None = None, **data: Any) -> None:
    """Send the beacon of a page view."""
    assert send(client, {"k": "view", "p": path, "w": 1280, **data}, headers).status_code == 204


def count_all() -> None:
    """Count everything that was sent so far."""
    for file in spool.finished_files(include_current=True):
        count_file(file)
    spool.close()


def views_of(path: str) -> int:
    """Return the views of the page at `path`, or of the whole site for ""."""
    return sum(PageCount.objects.filter(page__path=path).values_list("views", flat=True))


def counted_paths() -> set[str]:
    """Return the paths of all counted pages."""
    return set(CountedPage.objects.exclude(path="").values_list("path", flat=True))
