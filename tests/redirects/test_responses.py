"""Old paths are redirected with few queries and never to an unintended site."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from redirects import csv_io, normalize, services
from redirects.models import NotFoundLog, Redirect
from tests.factories import make_post
from tests.redirects.factories import location, make_redirect

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("path", ["/old-post/", "/old-post", "/Old-Post/", "/OLD-POST", "/old-post//"])
def test_case_and_slashes_of_an_old_path_do_not_matter(client: Client, path: str) -> None:
    make_redirect("/old-post/", "/new-post/")
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (301, "/new-post/")
    assert response["Cache-Control"] == "no-cache"
    assert not response.cookies
    row = Redirect.objects.get()
    assert row.hits == 1
    assert row.last_hit_at


@pytest.mark.parametrize(
    ("target", "query", "expected"),
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
def test_the_query_string_is_preserved(client: Client, target: str, query: str, expected: str) -> None:
    make_redirect("/old/", target)
    assert location(client, f"/old/?{query}") == (301, expected)


def test_temporary_redirects_and_removed_pages_have_their_status(client: Client) -> None:
    make_redirect("/for-now/", "/new/", 302)
    make_redirect("/gone/", "", 410)
    assert location(client, "/for-now/") == (302, "/new/")
    response = client.get("/gone/")
    assert response.status_code == 410
    assert b"has been removed" in response.content
    assert b"noindex" in response.content
    assert list(Redirect.objects.values_list("hits", flat=True)) == [1, 1]


def test_a_pattern_preserves_the_rest_of_the_path_and_the_most_specific_one_wins(client: Client) -> None:
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
    redirect_target = response.get("Location", "/")
    assert redirect_target[0] == "/"
    assert redirect_target[1:2] not in {"/", "\\"}
    assert "\n" not in redirect_target
    assert not response.cookies


def test_only_get_and_head_are_redirected(client: Client) -> None:
    make_redirect("/old/", "/new/")
    assert client.post("/old/").status_code == 405
    assert client.post("/old.html").status_code == 404
    assert client.head("/old/").status_code == 301
    assert NotFoundLog.objects.count() == 0


def test_a_redirect_takes_two_queries_and_a_page_none(client: Client) -> None:
    Redirect.objects.bulk_create(
        Redirect(old_path=f"/old-{number}", target=f"/new-{number}/", target_path=f"/new-{number}")
        for number in range(10_000)
    )
    make_post(slug="the-knee")
    for path, expected in (("/some/where/old/", 1), ("/old-77/x/", 1), ("/the-knee/", 0), ("/old-77/", 2)):
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        redirect_queries = [query["sql"] for query in queries if "redirects_redirect" in query["sql"]]
        assert len(redirect_queries) == expected
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


@pytest.mark.parametrize(
    ("requested", "target"),
    [
        ("/index.php?id=12", "/knee-pain/"),
        ("/index.php?id=12&utm_source=mail", "/knee-pain/?utm_source=mail"),
        ("/INDEX.php?lang=en&id=12", "/knee-pain/?lang=en"),
        ("/index.php?lang=de&id=12", "/knie/"),
        ("/index.php?id=13&utm_source=mail", "/old-site/?id=13&utm_source=mail"),
        ("/index.php?id=1", "/old-site/?id=1"),
        ("/index.php?title=caf%C3%A9+%26+bar", "/cafe/"),
    ],
)
def test_redirect_for_a_query_string(client: Client, requested: str, target: str) -> None:
    make_redirect("/index.php", "/old-site/")
    make_redirect("/index.php?id=12", "/knee-pain/")
    make_redirect("/index.php?id=12&lang=de", "/knie/")
    make_redirect("/index.php?title=café%20%26%20bar", "/cafe/")

    assert location(client, requested) == (301, target)


def test_redirect_for_a_query_string_is_counted_and_leaves_other_queries_alone(client: Client) -> None:
    row = make_redirect("/view.asp?id=12", "/knee-pain/")

    assert client.get("/view.asp?id=13").status_code == 404
    assert client.get("/view.asp").status_code == 404
    client.get("/view.asp?id=12")
    row.refresh_from_db()
    assert row.hits == 1


def test_redirects_for_query_strings_never_loop(client: Client) -> None:
    make_redirect("/a?x=1", "/b/?x=1")
    make_redirect("/b?x=1", "/a/?x=1")
    make_redirect("/c?x=1", "/c/?x=1&y=2")

    for path in ("/a/?x=1", "/b/?x=1", "/c/?x=1&y=2", "/c/?x=1"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("query", ["&".join(f"p{number}=1" for number in range(30)), "id=12&" * 300, "%ff=%00&=&&;"])
def test_odd_queries_are_not_found(client: Client, query: str) -> None:
    make_redirect("/view.asp?id=13", "/knee-pain/")
    assert client.get(f"/view.asp?{query}").status_code == 404


@pytest.mark.parametrize(
    "left",
    [
        ")",
        ".",
        "%20",
        "&",
        ").",
        "%22",
        ",",
        "%3E",
        "&amp",
        "&utm_source=x",
        "%E2%80%9D",
        "%20and%20more",
        "./",
        "]",
        ";",
        "*",
    ],
)
def test_link_with_something_left_at_its_end_leads_to_the_page(client: Client, left: str) -> None:
    post = make_post(slug="knee-pain")

    assert location(client, f"/knee-pain/{left}") == (301, post.get_absolute_url())
    assert location(client, f"/knee-pain{left}") == (301, post.get_absolute_url())
    assert not NotFoundLog.objects.exists()


@pytest.mark.parametrize("left", [")", "/)", ".", "/%20", "/&", "%E2%80%9D/", "/%E2%80%8B"])
def test_link_with_something_left_at_its_end_is_redirected_as_without_it(client: Client, left: str) -> None:
    post = make_post(slug="knee-pain")
    row = make_redirect("/old-post/", "/knee-pain/")
    make_redirect("/gone/", "", 410)

    assert location(client, f"/old-post{left}") == (301, "/knee-pain/")
    assert location(client, f"/gone{left}") == (410, "")
    assert location(client, f"/2024/05/Knee-Pain{left}") == (301, post.get_absolute_url())
    row.refresh_from_db()
    assert row.hits == 1
    assert not NotFoundLog.objects.exists()


def test_link_with_something_left_at_its_end_leads_to_lists_but_to_no_draft(client: Client) -> None:
    make_post(slug="draft", status="draft")
    make_post(slug="hip", tags=["Hips"])

    assert location(client, "/tag/hips/).") == (301, "/tag/hips/")
    assert client.get("/draft/)").status_code == 404
    assert client.get("/nothing/)").status_code == 404
    assert client.get("/)").status_code == 404


def test_csv_takes_query_strings_and_skips_those_of_pages() -> None:
    make_post(slug="hip")
    parsed = csv_io.parse_csv("old,new\n/index.php?id=12,/knee-pain/\n/hip/?id=3,/knee-pain/\n")

    assert [row.old_path for row in parsed.rows] == ["/index.php?id=12"]
    assert [line.line for line in parsed.skipped] == [3]
