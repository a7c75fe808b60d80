"""The 404 log counts URLs that do not exist."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Post
from redirects import services, url_registry
from redirects.models import NotFoundLog
from tests.factories import make_author, make_post
from tests.redirects.factories import make_redirect

pytestmark = pytest.mark.django_db


def test_a_404_is_counted_with_the_referring_site(client: Client) -> None:
    for _ in range(2):
        client.get("/No-Such-Post/?x=1", headers={"Referer": "https://other.example/private?me=1"})
    client.get("/no-such-post/", headers={"User-Agent": "Mozilla/5.0 (compatible; ExampleBot/2.1)"})
    row = NotFoundLog.objects.get()
    assert (row.path, row.visit_count, row.bot_count, row.referrer) == ("/no-such-post", 2, 1, "other.example")


@pytest.mark.parametrize(
    "path",
    [
        *("/wp-login.php", "/.env", "/.git/config", "/xmlrpc.php", "/a/shell.php", "/wp-admin/", "/backup.sql"),
        *("/<script>", "/a%00b/", "/..%2f..%2fetc", "/cgi-bin/x", "/old.zip", "/x';drop"),
        *("/admin", "/blog", "/"),
    ],
)
def test_attacks_and_missing_slashes_are_not_in_the_log(client: Client, path: str) -> None:
    client.get(path)
    assert not NotFoundLog.objects.exists()


def test_a_very_long_path_is_truncated(client: Client) -> None:
    assert client.get("/" + "x/" * 3000).status_code == 404
    assert len(NotFoundLog.objects.get().path) <= 500


def test_the_log_is_bounded_and_retains_frequent_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redirects.models.MAX_LOG_ROWS", 3)
    for path in ("/often", "/often", "/a", "/b", "/c", "/d"):
        NotFoundLog.objects.record(path, "", False)
    assert set(NotFoundLog.objects.values_list("path", flat=True)) == {"/often", "/c", "/d"}


def test_paths_that_work_again_are_removed_from_the_log(client: Client) -> None:
    for path in ("/one", "/two", "/three", "/old/x", "/four", "/stays"):
        NotFoundLog.objects.record(path, "", False)
    services.create_redirect("/one/", "/new/")
    make_redirect("/old/*", "/new/")
    make_post(slug="two")
    make_post(slug="three", status=Post.Status.DRAFT).publish()
    Post.objects.bulk_create(
        [
            Post(
                slug="four",
                title="Four",
                author=make_author(),
                status="published",
                published_at=timezone.now() - timedelta(days=1),
            )
        ]
    )
    assert set(NotFoundLog.objects.values_list("path", flat=True)) == {"/four", "/stays"}
    assert services.prune_not_found_log() == 1
    assert NotFoundLog.objects.get().path == "/stays"


def test_the_most_similar_path_is_suggested() -> None:
    make_post(slug="knee-pain-when-climbing-stairs", tags=["Stairs"])
    make_post(slug="sleep", status=Post.Status.DRAFT)
    assert url_registry.closest_path("/knee-pain-climbing-stairs") == "/knee-pain-when-climbing-stairs/"
    assert url_registry.closest_path("/2019/05/knee-pain-climbing-stairs") == "/knee-pain-when-climbing-stairs/"
    assert url_registry.closest_path("/tags/stairs") == "/tag/stairs/"
    assert url_registry.closest_path("/sleep") == ""
