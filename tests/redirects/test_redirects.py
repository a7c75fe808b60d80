"""Redirects: normalization, chains and loops, responses, costs, renames, and the 404 log."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Author
from blog.models import Category, Post, Series, Tag
from redirects import normalize, services, url_registry
from redirects.models import NotFoundLog, Redirect
from tests.factories import make_author, make_category, make_post

pytestmark = pytest.mark.django_db


def make_redirect(old: str, target: str, kind: int = 301, **fields: Any) -> Redirect:
    """Store a redirect."""
    row = Redirect(old_path=normalize.parse_old_path(old), **fields)
    row.set_target(target, kind)
    services.save_redirects([row])
    return Redirect.objects.get(old_path=row.old_path)


def targets() -> dict[str, str]:
    """Return the target of every stored redirect by old path."""
    return dict(Redirect.objects.values_list("old_path", "target"))


def location(client: Client, path: str) -> tuple[int, str]:
    """Return the status and the Location header at `path`."""
    response = client.get(path)
    return response.status_code, response.get("Location", "")


# ---- Validation ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"old_path": "/a", "status_code": 410, "target": "/b/"},
        {"old_path": "/a", "status_code": 301, "target": ""},
        {"old_path": "a", "status_code": 301, "target": "/b/"},
        {"old_path": "/a", "status_code": 301, "target": "/a/", "target_path": "/a"},
        {"old_path": "/a", "status_code": 418, "target": "/b/"},
    ],
)
def test_constraints_refuse_meaningless_redirects(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(**fields)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("/Old-Post/", "/old-post"),
        ("/old-post", "/old-post"),
        ("//a///B/", "/a/b"),
        ("http://testserver/old/", "/old"),
        ("https://www.testserver/old/", "/old"),
        ("/caf%C3%A9/", "/café"),
        ("/cafe\u0301/", "/café"),
        ("/old-category/*", "/old-category/*"),
    ],
)
def test_old_paths_are_normalized(typed: str, key: str) -> None:
    if typed.startswith("//"):
        assert normalize.normalize_path(typed) == key
    else:
        assert normalize.parse_old_path(typed) == key


@pytest.mark.parametrize(
    "typed",
    [
        *("", "/", "https://elsewhere.example/old/", "//evil.example/x", "/a?p=1", "/a#b", "/a*b", "/*/a", "/a/*/*"),
        *("/a%00b", "/a%0d%0ab", "/\\evil.example", "javascript:alert(1)", "/" + "x" * 5000, "/\u202ea", "http://["),
    ],
)
def test_an_invalid_old_path_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValidationError) as error:
        normalize.parse_old_path(typed)
    assert error.value.messages[0].endswith(".")


@pytest.mark.parametrize(
    "target",
    [
        *("javascript:alert(1)", "//evil.example", "/\\evil.example", "\\\\evil.example", "http://elsewhere.example/"),
        *("https:evil", "https://", "https://me@evil.example/", "data:text/html,x", "new-post", "/a b", "/a\r\nX: y"),
        *("/a\x00", "https://evil.example*", "/*/a", "/" + "x" * 5000, "https://[", "https://a:99999999/", ""),
    ],
)
def test_targets_are_paths_or_https_urls(target: str) -> None:
    with pytest.raises(ValidationError) as error:
        normalize.parse_target(target)
    assert error.value.messages[0].endswith((".", "/*."))


def test_a_full_url_of_this_site_becomes_its_path() -> None:
    assert normalize.parse_target("http://testserver/new/?a=1#b") == "/new/?a=1#b"
    assert normalize.parse_target("https://testserver//evil.example/") == "/evil.example/"
    assert normalize.parse_target("https://other.example/x") == "https://other.example/x"


# ---- Chains and loops ----------------------------------------------------------------------------------


def test_renaming_twice_redirects_both_old_paths_straight_to_the_new_one() -> None:
    services.create_redirect("/a/", "/b/")
    services.create_redirect("/b/", "/c/")
    assert targets() == {"/a": "/c/", "/b": "/c/"}


def test_renaming_back_leaves_no_redirect_at_the_path() -> None:
    services.create_redirect("/a/", "/b/")
    services.create_redirect("/b/", "/c/")
    services.create_redirect("/c/", "/a/")
    assert targets() == {"/b": "/a/", "/c": "/a/"}


def test_a_redirect_to_an_old_path_points_to_the_end_of_the_chain() -> None:
    make_redirect("/b/", "/c/")
    make_redirect("/a/", "/b/?x=1")
    make_redirect("/z/", "https://other.example/")
    make_redirect("/c/", "/z/")
    assert targets() == {
        "/a": "https://other.example/",
        "/b": "https://other.example/",
        "/c": "https://other.example/",
        "/z": "https://other.example/",
    }
    make_redirect("/gone/", "", 410)
    make_redirect("/q/", "/gone/")
    assert Redirect.objects.get(old_path="/q").status_code == 410


def test_a_loop_is_refused_and_changes_nothing() -> None:
    make_redirect("/a/", "/b/")
    with pytest.raises(services.RedirectLoop, match="redirect loop"):
        make_redirect("/B/", "/a")
    rows = [Redirect(old_path=f"/{number}") for number in range(3)]
    for number, row in enumerate(rows):
        row.set_target(f"/{(number + 1) % 3}/")
    with pytest.raises(services.RedirectLoop):
        services.save_redirects(rows)
    assert targets() == {"/a": "/b/"}


def test_a_long_chain_in_one_file_is_flattened() -> None:
    rows = [Redirect(old_path=f"/{number}") for number in range(2000)]
    for number, row in enumerate(rows):
        row.set_target(f"/{number + 1}/")
    services.save_redirects(rows)
    assert set(targets().values()) == {"/2000/"}


@pytest.mark.django_db(transaction=True)
def test_concurrent_renames_create_no_chain() -> None:
    names = [f"/p{number}/" for number in range(9)]
    start, failures = Barrier(4), []

    def work(part: int) -> None:
        start.wait()
        try:
            for number in range(part, 8, 4):
                services.create_redirect(names[number], names[number + 1])
                make_redirect(f"/by-hand-{number}/", names[number])
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=[part]) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    stored = Redirect.objects.values_list("old_path", "target_path")
    assert len(stored) >= 8
    assert not {old for old, _ in stored} & {target for _, target in stored}


@pytest.mark.django_db(transaction=True)
def test_concurrent_hits_are_all_counted(client: Client) -> None:
    row, start = make_redirect("/a/", "/b/"), Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(5):
            services.count_hit(row.pk)
            NotFoundLog.objects.record("/none", "", False)
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Redirect.objects.get().hits, NotFoundLog.objects.get().visit_count) == (20, 20)


# ---- Responses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["/old-post/", "/old-post", "/Old-Post/", "/OLD-POST", "/old-post//"])
def test_an_old_path_is_redirected_in_one_step_however_it_is_written(client: Client, asked: str) -> None:
    make_redirect("/old-post/", "/new-post/")
    response = client.get(asked)
    assert (response.status_code, response["Location"]) == (301, "/new-post/")
    assert response["Cache-Control"] == "no-cache"
    assert not response.cookies
    row = Redirect.objects.get()
    assert row.hits == 1
    assert row.last_hit_at


@pytest.mark.parametrize(
    ("target", "query", "answer"),
    [
        ("/new/", "utm_source=x&utm_medium=a%20b", "/new/?utm_source=x&utm_medium=a%20b"),
        ("/new/?page=2", "utm_source=x", "/new/?page=2&utm_source=x"),
        ("/new/?page=2#top", "page=9&utm_source=x", "/new/?page=2&utm_source=x#top"),
        ("https://other.example/", "a=1", "https://other.example/?a=1"),
        ("/new/", "next=//evil.example&x=%0d%0aSet-Cookie:a", "/new/?next=//evil.example&x=%0d%0aSet-Cookie:a"),
        ("/new/", "x=" + "y" * 5000, "/new/"),
        ("/new/", "a&" * 3000, "/new/"),
        ("/new/?a=1", "&&=&;&%ff", "/new/?a=1&=&;&%ff"),
    ],
)
def test_the_query_string_is_passed_on(client: Client, target: str, query: str, answer: str) -> None:
    make_redirect("/old/", target)
    assert location(client, f"/old/?{query}") == (301, answer)


def test_temporary_and_gone_send_their_status(client: Client) -> None:
    make_redirect("/for-now/", "/new/", 302)
    make_redirect("/gone/", "", 410)
    assert location(client, "/for-now/") == (302, "/new/")
    response = client.get("/gone/")
    assert response.status_code == 410
    assert b"has been removed" in response.content
    assert b"noindex" in response.content
    assert list(Redirect.objects.values_list("hits", flat=True)) == [1, 1]


def test_a_pattern_keeps_the_rest_and_the_most_specific_one_wins(client: Client) -> None:
    make_redirect("/old/*", "/new/*")
    make_redirect("/old/deep/*", "https://other.example/x/*")
    make_redirect("/old/deep/one/", "/only-this/")
    make_redirect("/all/*", "/one-place/")
    make_redirect("/ended/*", "", 410)
    assert location(client, "/Old/A%20b/C/?x=1") == (301, "/new/A%20b/C/?x=1")
    assert location(client, "/old/") == (301, "/new/")
    assert location(client, "/old/deep/Two") == (301, "https://other.example/x/Two")
    assert location(client, "/old/deep/one") == (301, "/only-this/")
    assert location(client, "/all/of/it/") == (301, "/one-place/")
    assert location(client, "/ended/a/b/") == (410, "")
    assert location(client, "/older/") == (404, "")


def test_patterns_never_loop(client: Client) -> None:
    for old, target in (("/a/*", "/b/c/*"), ("/b/*", "/a/*"), ("/x/*", "/y/*"), ("/y/*", "/x/*"), ("/q/*", "/q/")):
        row = Redirect(old_path=old)
        row.set_target(target)
        Redirect.objects.bulk_create([row])
    for path in ("/a/1/", "/b/1/", "/x/1/", "/y/1/", "/q/1/", "/q/"):
        for _ in range(8):
            response = client.get(path)
            if response.status_code != 301:
                break
            path = response["Location"]
        assert response.status_code == 404


def test_a_pattern_to_an_old_path_is_resolved_to_its_target(client: Client) -> None:
    make_redirect("/2019/*", "/*")
    make_post(slug="the-knee")
    services.create_redirect("/knee/", "/the-knee/")
    assert location(client, "/2019/knee/") == (301, "/the-knee/")
    assert location(client, "/2019/the-knee/") == (301, "/the-knee/")


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/%2Fevil.example",
            "/%2F%2Fevil.example/",
            "/%5Cevil.example/",
            "/old/%5C%5Cevil.example",
            "/old//evil.example/",
        ),
        *("/old/%0d%0aSet-Cookie:%20a=b", "/old/%00", "/old/" + "x" * 5000, "/old/" + "/x" * 600, "/old/%E2%80%AE"),
        *("/old/%ff%fe", "/old/../../etc/passwd", "/old/https://evil.example/", "/old/%252F%252Fevil.example"),
        *("/old/ünï©ode/", "/old/?" + "a&" * 3000, "/none/?" + "a&" * 3000, "/old/*", "/*"),
    ],
    ids=lambda path: path[:24],
)
def test_a_hostile_path_never_redirects_to_another_site(client: Client, path: str) -> None:
    make_redirect("/old/*", "/*")
    response = client.get(path)
    assert response.status_code in {301, 404}
    there = response.get("Location", "/")
    assert there[0] == "/"
    assert there[1:2] not in {"/", "\\"}
    assert "\n" not in there
    assert not response.cookies


def test_only_get_and_head_are_redirected(client: Client) -> None:
    make_redirect("/old/", "/new/")
    assert client.post("/old/").status_code == 405
    assert client.post("/old.html").status_code == 404
    assert client.head("/old/").status_code == 301
    assert NotFoundLog.objects.count() == 0


# ---- Queries ----------------------------------------------------------------------------------


def test_a_redirect_costs_one_lookup_and_one_write_and_a_page_nothing(client: Client) -> None:
    Redirect.objects.bulk_create(
        Redirect(old_path=f"/old-{number}", target=f"/new-{number}/", target_path=f"/new-{number}")
        for number in range(10_000)
    )
    make_post(slug="the-knee")
    for path, most in (("/some/where/old/", 0), ("/old-77/x/", 0), ("/the-knee/", 0), ("/old-77/", 2)):
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        ours = [query["sql"] for query in queries if "redirects_redirect" in query["sql"]]
        assert len(ours) == (most or (0 if path == "/the-knee/" else 1))
    # No view matches this path, so every query belongs to redirects.
    make_redirect("/old.html", "/new/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/old.html")
    assert len(queries) == 2


def test_the_lookup_uses_the_index(client: Client) -> None:
    Redirect.objects.bulk_create(
        Redirect(old_path=f"/old-{number}", target=f"/new-{number}/", target_path=f"/new-{number}")
        for number in range(10_000)
    )
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE redirects_redirect")
    for rows in (
        Redirect.objects.filter(old_path__in=normalize.matching_old_paths("/old-77/a/b")),
        Redirect.objects.filter(target_path__in=["/new-1"]),
    ):
        plan = rows.order_by().explain()
        assert "SCAN redirects_redirect" not in plan
        assert "Seq Scan" not in plan
        assert "index" in plan.lower()


# ---- Renaming ------------------------------------------------------------------------------------------


def test_a_renamed_post_is_redirected_and_a_draft_is_not(client: Client) -> None:
    post, draft = make_post(slug="first"), make_post(slug="draft-1", status=Post.Status.DRAFT)
    for slug in ("second", "third"):
        post.slug = slug
        post.save()
    draft.slug = "draft-2"
    draft.save()
    assert targets() == {"/first": "/third/", "/second": "/third/"}
    assert location(client, "/first/?utm_source=x") == (301, "/third/?utm_source=x")
    assert location(client, "/draft-1/") == (404, "")
    post.slug = "first"
    post.save()
    assert client.get("/first/").status_code == 200
    assert location(client, "/third/") == (301, "/first/")


def test_a_failed_rename_leaves_no_redirect() -> None:
    make_post(slug="taken")
    post = make_post(slug="first")
    post.slug = "taken"
    with pytest.raises(IntegrityError), transaction.atomic():
        post.save()
    assert targets() == {}


def test_a_published_post_replaces_the_redirect_at_its_path(client: Client) -> None:
    make_redirect("/knee/", "/the-knee/")
    draft = make_post(slug="knee", status=Post.Status.DRAFT)
    draft.full_clean()
    assert location(client, "/knee/") == (301, "/the-knee/")
    draft.publish()
    assert client.get("/knee/").status_code == 200
    assert targets() == {}


def test_a_renamed_category_is_redirected_with_subcategories_and_feeds(client: Client) -> None:
    pain = make_category(slug="pain")
    knee = make_category(slug="knee", parent=pain)
    make_post(categories=[knee])
    pain.slug = "ache"
    pain.save()
    assert location(client, "/category/pain/") == (301, "/category/ache/")
    assert location(client, "/category/pain/knee/") == (301, "/category/ache/knee/")
    assert location(client, "/category/pain/knee/feed/") == (301, "/category/ache/knee/feed/")
    assert location(client, "/Category/Pain/Knee/feed/atom/") == (301, "/category/ache/knee/feed/atom/")
    knee = Category.objects.get(slug="knee")
    knee.parent = None
    knee.save()
    assert location(client, "/category/pain/knee/") == (301, "/category/knee/")
    assert location(client, "/category/ache/knee/") == (301, "/category/knee/")


def test_renamed_tags_authors_and_series_are_redirected(client: Client) -> None:
    series = Series.objects.create(title="Guide", slug="guide")
    author = make_author(slug="sam")
    make_post(author=author, tags=["Stairs"], series=series)
    for row in (Tag.objects.get(), Author.objects.get(), series):
        old = row.get_absolute_url()
        row.slug = f"new-{row.slug}"
        row.save()
        assert location(client, old) == (301, row.get_absolute_url())
        assert client.get(row.get_absolute_url()).status_code == 200
    assert Redirect.objects.count() == 3


def test_merging_tags_moves_posts_once_and_redirects_the_old_paths(admin_client: Client, client: Client) -> None:
    both, one = make_post(tags=["Stairs", "Steps"]), make_post(tags=["Steps"])
    stays, goes = Tag.objects.get(name="Stairs"), Tag.objects.get(name="Steps")
    address = reverse("admin:blog_tag_changelist")
    chosen = {"action": "merge", "_selected_action": [str(stays.pk), str(goes.pk)]}
    page = admin_client.post(address, chosen)
    assert page.status_code == 200
    assert Tag.objects.count() == 2
    response = admin_client.post(address, {**chosen, "keep": str(stays.pk)}, follow=True)
    assert "Stairs" in "".join(str(message) for message in response.context["messages"])
    assert [[tag.name for tag in post.tags.all()] for post in (both, one)] == [["Stairs"], ["Stairs"]]
    assert Tag.objects.get() == stays
    assert location(client, "/tag/steps/") == (301, "/tag/stairs/")
    assert Redirect.objects.get().origin == Redirect.Origin.MERGED
    assert "Steps" in LogEntry.objects.get().change_message


# ---- 404 log ----------------------------------------------------------------------------------


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


def test_the_log_is_bounded_and_keeps_frequent_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redirects.models.MAX_LOG_ROWS", 3)
    for path in ("/often", "/often", "/a", "/b", "/c", "/d"):
        NotFoundLog.objects.record(path, "", False)
    assert set(NotFoundLog.objects.values_list("path", flat=True)) == {"/often", "/c", "/d"}


def test_answered_paths_leave_the_log(client: Client) -> None:
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
