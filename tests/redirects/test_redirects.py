"""Old addresses lead straight to the new ones, safely, and cost nothing where there is a page."""

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
from redirects.models import NotFound, Redirect
from tests.factories import make_author, make_category, make_post

pytestmark = pytest.mark.django_db


def lead(old: str, target: str, kind: int = 301, **fields: Any) -> Redirect:
    """A stored redirect."""
    row = Redirect(old_path=normalize.old_address(old), **fields)
    row.lead_to(target, kind)
    services.store([row])
    return Redirect.objects.get(old_path=row.old_path)


def ways() -> dict[str, str]:
    """Every stored redirect: from where to where."""
    return dict(Redirect.objects.values_list("old_path", "target"))


def location(reader: Client, path: str) -> tuple[int, str]:
    """The answer at `path`: its status and where it leads."""
    response = reader.get(path)
    return response.status_code, response.get("Location", "")


# ---- What is stored ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"old_path": "/a", "kind": 410, "target": "/b/"},
        {"old_path": "/a", "kind": 301, "target": ""},
        {"old_path": "a", "kind": 301, "target": "/b/"},
        {"old_path": "/a", "kind": 301, "target": "/a/", "target_path": "/a"},
        {"old_path": "/a", "kind": 418, "target": "/b/"},
    ],
)
def test_the_database_refuses_what_makes_no_sense(fields: dict[str, Any]) -> None:
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
        ("/old-topic/*", "/old-topic/*"),
    ],
)
def test_an_old_address_has_one_form(typed: str, key: str) -> None:
    if typed.startswith("//"):
        assert normalize.key_of(typed) == key
    else:
        assert normalize.old_address(typed) == key


@pytest.mark.parametrize(
    "typed",
    [
        *("", "/", "https://elsewhere.example/old/", "//evil.example/x", "/a?p=1", "/a#b", "/a*b", "/*/a", "/a/*/*"),
        *("/a%00b", "/a%0d%0ab", "/\\evil.example", "javascript:alert(1)", "/" + "x" * 5000, "/\u202ea", "http://["),
    ],
)
def test_an_old_address_that_cannot_be_one_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        normalize.old_address(typed)
    assert refused.value.messages[0].endswith(".")


@pytest.mark.parametrize(
    "target",
    [
        *("javascript:alert(1)", "//evil.example", "/\\evil.example", "\\\\evil.example", "http://elsewhere.example/"),
        *("https:evil", "https://", "https://me@evil.example/", "data:text/html,x", "new-post", "/a b", "/a\r\nX: y"),
        *("/a\x00", "https://evil.example*", "/*/a", "/" + "x" * 5000, "https://[", "https://a:99999999/", ""),
    ],
)
def test_readers_are_only_sent_to_paths_and_to_https(target: str) -> None:
    with pytest.raises(ValidationError) as refused:
        normalize.new_address(target)
    assert refused.value.messages[0].endswith((".", "/*."))


def test_a_whole_address_of_this_site_becomes_its_path() -> None:
    assert normalize.new_address("http://testserver/new/?a=1#b") == "/new/?a=1#b"
    assert normalize.new_address("https://testserver//evil.example/") == "/evil.example/"
    assert normalize.new_address("https://other.example/x") == "https://other.example/x"


# ---- Chains and circles ----------------------------------------------------------------------------------


def test_renaming_twice_leads_both_old_addresses_straight_to_the_new_one() -> None:
    services.remember("/a/", "/b/")
    services.remember("/b/", "/c/")
    assert ways() == {"/a": "/c/", "/b": "/c/"}


def test_renaming_back_leaves_nothing_at_the_old_address() -> None:
    services.remember("/a/", "/b/")
    services.remember("/b/", "/c/")
    services.remember("/c/", "/a/")
    assert ways() == {"/b": "/a/", "/c": "/a/"}


def test_a_redirect_to_an_old_address_is_led_to_its_end() -> None:
    lead("/b/", "/c/")
    lead("/a/", "/b/?x=1")
    lead("/z/", "https://other.example/")
    lead("/c/", "/z/")
    assert ways() == {
        "/a": "https://other.example/",
        "/b": "https://other.example/",
        "/c": "https://other.example/",
        "/z": "https://other.example/",
    }
    lead("/gone/", "", 410)
    lead("/q/", "/gone/")
    assert Redirect.objects.get(old_path="/q").kind == 410


def test_a_circle_is_refused_and_changes_nothing() -> None:
    lead("/a/", "/b/")
    with pytest.raises(services.CircleError, match="circle"):
        lead("/B/", "/a")
    rows = [Redirect(old_path=f"/{number}") for number in range(3)]
    for number, row in enumerate(rows):
        row.lead_to(f"/{(number + 1) % 3}/")
    with pytest.raises(services.CircleError):
        services.store(rows)
    assert ways() == {"/a": "/b/"}


def test_a_long_chain_in_one_file_ends_in_its_end() -> None:
    rows = [Redirect(old_path=f"/{number}") for number in range(2000)]
    for number, row in enumerate(rows):
        row.lead_to(f"/{number + 1}/")
    services.store(rows)
    assert set(ways().values()) == {"/2000/"}


@pytest.mark.django_db(transaction=True)
def test_moves_at_the_same_moment_make_no_chain() -> None:
    names = [f"/p{number}/" for number in range(9)]
    start, failures = Barrier(4), []

    def work(part: int) -> None:
        start.wait()
        try:
            for number in range(part, 8, 4):
                services.remember(names[number], names[number + 1])
                lead(f"/by-hand-{number}/", names[number])
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
def test_hits_at_the_same_moment_are_all_counted(reader: Client) -> None:
    row, start = lead("/a/", "/b/"), Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(5):
            services.count_hit(row.pk)
            NotFound.objects.note("/none", "", False)
        connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Redirect.objects.get().hits, NotFound.objects.get().count) == (20, 20)


# ---- What readers get ----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["/old-post/", "/old-post", "/Old-Post/", "/OLD-POST", "/old-post//"])
def test_an_old_address_leads_on_in_one_step_however_it_is_written(reader: Client, asked: str) -> None:
    lead("/old-post/", "/new-post/")
    response = reader.get(asked)
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
def test_the_query_goes_along(reader: Client, target: str, query: str, answer: str) -> None:
    lead("/old/", target)
    assert location(reader, f"/old/?{query}") == (301, answer)


def test_for_now_and_gone_say_so(reader: Client) -> None:
    lead("/for-now/", "/new/", 302)
    lead("/gone/", "", 410)
    assert location(reader, "/for-now/") == (302, "/new/")
    response = reader.get("/gone/")
    assert response.status_code == 410
    assert b"taken down" in response.content
    assert b"noindex" in response.content
    assert list(Redirect.objects.values_list("hits", flat=True)) == [1, 1]


def test_a_pattern_carries_the_rest_and_the_longest_one_wins(reader: Client) -> None:
    lead("/old/*", "/new/*")
    lead("/old/deep/*", "https://other.example/x/*")
    lead("/old/deep/one/", "/only-this/")
    lead("/all/*", "/one-place/")
    lead("/ended/*", "", 410)
    assert location(reader, "/Old/A%20b/C/?x=1") == (301, "/new/A%20b/C/?x=1")
    assert location(reader, "/old/") == (301, "/new/")
    assert location(reader, "/old/deep/Two") == (301, "https://other.example/x/Two")
    assert location(reader, "/old/deep/one") == (301, "/only-this/")
    assert location(reader, "/all/of/it/") == (301, "/one-place/")
    assert location(reader, "/ended/a/b/") == (410, "")
    assert location(reader, "/older/") == (404, "")


def test_patterns_never_send_readers_round_in_circles(reader: Client) -> None:
    for old, target in (("/a/*", "/b/c/*"), ("/b/*", "/a/*"), ("/x/*", "/y/*"), ("/y/*", "/x/*"), ("/q/*", "/q/")):
        row = Redirect(old_path=old)
        row.lead_to(target)
        Redirect.objects.bulk_create([row])
    for path in ("/a/1/", "/b/1/", "/x/1/", "/y/1/", "/q/1/", "/q/"):
        for _ in range(8):
            response = reader.get(path)
            if response.status_code != 301:
                break
            path = response["Location"]
        assert response.status_code == 404


def test_a_pattern_that_leads_to_an_old_address_leads_to_its_end(reader: Client) -> None:
    lead("/2019/*", "/*")
    make_post(slug="the-knee")
    services.remember("/knee/", "/the-knee/")
    assert location(reader, "/2019/knee/") == (301, "/the-knee/")
    assert location(reader, "/2019/the-knee/") == (301, "/the-knee/")


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
def test_a_hostile_address_never_breaks_out_of_the_site(reader: Client, path: str) -> None:
    lead("/old/*", "/*")
    response = reader.get(path)
    assert response.status_code in {301, 404}
    there = response.get("Location", "/")
    assert there[0] == "/"
    assert there[1:2] not in {"/", "\\"}
    assert "\n" not in there
    assert not response.cookies


def test_only_reading_is_redirected(reader: Client) -> None:
    lead("/old/", "/new/")
    assert reader.post("/old/").status_code == 405
    assert reader.post("/old.html").status_code == 404
    assert reader.head("/old/").status_code == 301
    assert NotFound.objects.count() == 0


# ---- What it costs ----------------------------------------------------------------------------------


def test_a_redirect_costs_one_lookup_and_one_write_and_a_page_nothing(reader: Client) -> None:
    Redirect.objects.bulk_create(
        Redirect(old_path=f"/old-{number}", target=f"/new-{number}/", target_path=f"/new-{number}")
        for number in range(10_000)
    )
    make_post(slug="the-knee")
    for path, most in (("/some/where/old/", 0), ("/old-77/x/", 0), ("/the-knee/", 0), ("/old-77/", 2)):
        with CaptureQueriesContext(connection) as queries:
            reader.get(path)
        ours = [query["sql"] for query in queries if "redirects_redirect" in query["sql"]]
        assert len(ours) == (most or (0 if path == "/the-knee/" else 1))
    # No view takes this one: all that it costs is ours.
    lead("/old.html", "/new/")
    with CaptureQueriesContext(connection) as queries:
        reader.get("/old.html")
    assert len(queries) == 2


def test_the_lookup_uses_the_index(reader: Client) -> None:
    Redirect.objects.bulk_create(
        Redirect(old_path=f"/old-{number}", target=f"/new-{number}/", target_path=f"/new-{number}")
        for number in range(10_000)
    )
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE redirects_redirect")
    for rows in (
        Redirect.objects.filter(old_path__in=normalize.ways_to("/old-77/a/b")),
        Redirect.objects.filter(target_path__in=["/new-1"]),
    ):
        plan = rows.order_by().explain()
        assert "SCAN redirects_redirect" not in plan
        assert "Seq Scan" not in plan
        assert "index" in plan.lower()


# ---- Renaming ------------------------------------------------------------------------------------------


def test_a_renamed_public_post_leads_on_and_a_draft_leaves_nothing(reader: Client) -> None:
    post, draft = make_post(slug="first"), make_post(slug="draft-1", status=Post.Status.DRAFT)
    for slug in ("second", "third"):
        post.slug = slug
        post.save()
    draft.slug = "draft-2"
    draft.save()
    assert ways() == {"/first": "/third/", "/second": "/third/"}
    assert location(reader, "/first/?utm_source=x") == (301, "/third/?utm_source=x")
    assert location(reader, "/draft-1/") == (404, "")
    post.slug = "first"
    post.save()
    assert reader.get("/first/").status_code == 200
    assert location(reader, "/third/") == (301, "/first/")


def test_a_rename_that_fails_leaves_nothing() -> None:
    make_post(slug="taken")
    post = make_post(slug="first")
    post.slug = "taken"
    with pytest.raises(IntegrityError), transaction.atomic():
        post.save()
    assert ways() == {}


def test_a_new_post_takes_over_an_address_that_only_leads_elsewhere(reader: Client) -> None:
    lead("/knee/", "/the-knee/")
    draft = make_post(slug="knee", status=Post.Status.DRAFT)
    draft.full_clean()
    assert location(reader, "/knee/") == (301, "/the-knee/")
    draft.publish()
    assert reader.get("/knee/").status_code == 200
    assert ways() == {}


def test_a_renamed_category_leads_on_with_all_below_it_and_their_feeds(reader: Client) -> None:
    pain = make_category(slug="pain")
    knee = make_category(slug="knee", parent=pain)
    make_post(categories=[knee])
    pain.slug = "ache"
    pain.save()
    assert location(reader, "/category/pain/") == (301, "/category/ache/")
    assert location(reader, "/category/pain/knee/") == (301, "/category/ache/knee/")
    assert location(reader, "/category/pain/knee/feed/") == (301, "/category/ache/knee/feed/")
    assert location(reader, "/Category/Pain/Knee/feed/atom/") == (301, "/category/ache/knee/feed/atom/")
    knee = Category.objects.get(slug="knee")
    knee.parent = None
    knee.save()
    assert location(reader, "/category/pain/knee/") == (301, "/category/knee/")
    assert location(reader, "/category/ache/knee/") == (301, "/category/knee/")


def test_renamed_tags_authors_and_series_lead_on(reader: Client) -> None:
    series = Series.objects.create(title="Guide", slug="guide")
    author = make_author(slug="sam")
    make_post(author=author, tags=["Stairs"], series=series)
    for row in (Tag.objects.get(), Author.objects.get(), series):
        old = row.get_absolute_url()
        row.slug = f"new-{row.slug}"
        row.save()
        assert location(reader, old) == (301, row.get_absolute_url())
        assert reader.get(row.get_absolute_url()).status_code == 200
    assert Redirect.objects.count() == 3


def test_merging_tags_moves_posts_once_and_leads_the_old_addresses_on(signed_in: Client, reader: Client) -> None:
    both, one = make_post(tags=["Stairs", "Steps"]), make_post(tags=["Steps"])
    stays, goes = Tag.objects.get(name="Stairs"), Tag.objects.get(name="Steps")
    address = reverse("admin:blog_tag_changelist")
    chosen = {"action": "merge", "_selected_action": [str(stays.pk), str(goes.pk)]}
    page = signed_in.post(address, chosen)
    assert page.status_code == 200
    assert Tag.objects.count() == 2
    response = signed_in.post(address, {**chosen, "keep": str(stays.pk)}, follow=True)
    assert "Stairs" in "".join(str(message) for message in response.context["messages"])
    assert [[tag.name for tag in post.tags.all()] for post in (both, one)] == [["Stairs"], ["Stairs"]]
    assert Tag.objects.get() == stays
    assert location(reader, "/tag/steps/") == (301, "/tag/stairs/")
    assert Redirect.objects.get().origin == Redirect.Origin.MERGED
    assert "Steps" in LogEntry.objects.get().change_message


# ---- What was not found ----------------------------------------------------------------------------------


def test_an_address_that_is_not_found_is_counted_with_where_readers_came_from(reader: Client) -> None:
    for _ in range(2):
        reader.get("/No-Such-Post/?x=1", headers={"Referer": "https://other.example/private?me=1"})
    reader.get("/no-such-post/", headers={"User-Agent": "Mozilla/5.0 (compatible; ExampleBot/2.1)"})
    row = NotFound.objects.get()
    assert (row.path, row.count, row.robots, row.referrer) == ("/no-such-post", 2, 1, "other.example")


@pytest.mark.parametrize(
    "path",
    [
        *("/wp-login.php", "/.env", "/.git/config", "/xmlrpc.php", "/a/shell.php", "/wp-admin/", "/backup.sql"),
        *("/<script>", "/a%00b/", "/..%2f..%2fetc", "/cgi-bin/x", "/old.zip", "/x';drop"),
        *("/admin", "/blog", "/"),
    ],
)
def test_attacks_and_missing_slashes_are_not_in_the_log(reader: Client, path: str) -> None:
    reader.get(path)
    assert not NotFound.objects.exists()


def test_a_very_long_address_is_cut(reader: Client) -> None:
    assert reader.get("/" + "x/" * 3000).status_code == 404
    assert len(NotFound.objects.get().path) <= 500


def test_the_log_is_bounded_and_keeps_what_is_asked_for_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redirects.models.MOST_NOT_FOUND", 3)
    for path in ("/often", "/often", "/a", "/b", "/c", "/d"):
        NotFound.objects.note(path, "", False)
    assert set(NotFound.objects.values_list("path", flat=True)) == {"/often", "/c", "/d"}


def test_the_log_forgets_what_has_an_answer(reader: Client) -> None:
    for path in ("/one", "/two", "/three", "/old/x", "/four", "/stays"):
        NotFound.objects.note(path, "", False)
    services.remember("/one/", "/new/")
    lead("/old/*", "/new/")
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
    assert set(NotFound.objects.values_list("path", flat=True)) == {"/four", "/stays"}
    assert services.forget_answered() == 1
    assert NotFound.objects.get().path == "/stays"


def test_the_most_similar_address_is_suggested() -> None:
    make_post(slug="knee-pain-when-climbing-stairs", tags=["Stairs"])
    make_post(slug="sleep", status=Post.Status.DRAFT)
    assert url_registry.most_similar("/knee-pain-climbing-stairs") == "/knee-pain-when-climbing-stairs/"
    assert url_registry.most_similar("/2019/05/knee-pain-climbing-stairs") == "/knee-pain-when-climbing-stairs/"
    assert url_registry.most_similar("/tags/stairs") == "/tag/stairs/"
    assert url_registry.most_similar("/sleep") == ""
