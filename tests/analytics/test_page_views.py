"""Page views: which count, that each counts once, and that nobody can fill the tables."""

import gzip
import json
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from analytics import counting, spool
from analytics.counting import MAX_HOSTS, MAX_SEARCHES, MAX_VIEWS_OF_PAGE
from analytics.models import (
    OTHER,
    AppliedBatch,
    CountedPage,
    DailyVisitor,
    HostCount,
    PageCount,
    SearchCount,
    VitalCount,
)
from blog.models import Post
from pagecache.versions import read_versions
from ptcomplete.staticfiles_storage import bundled
from tests.analytics.beacons import BROWSER, count_all, counted_paths, send, view, views_of
from tests.factories import make_page, make_post

pytestmark = pytest.mark.django_db


def test_a_browser_counts_and_robots_staff_and_prefetches_do_not(client: Client, admin_client: Client) -> None:
    make_post(slug="knees")
    view(client, "/knees/")
    view(client, "/knees/", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"})
    view(client, "/knees/", {"User-Agent": ""})
    view(client, "/knees/", {"Sec-Purpose": "prefetch;prerender"})
    view(client, "/knees/", {"Sec-Fetch-Site": "cross-site"})
    view(admin_client, "/knees/")
    view(Client(headers={"Cookie": "admin-open=1"}), "/knees/")
    count_all()
    assert (views_of("/knees/"), views_of("")) == (1, 1)


def test_views_by_device_entry_and_visitor(client: Client) -> None:
    post = make_post(slug="knees")
    view(client, "/knees/", w=390, e=1, r="www.google.com")
    view(client, "/knees/", w=800)
    view(client, "/knees/", {"User-Agent": "Mozilla/5.0 (Macintosh) Safari/605"}, w=1400)
    view(client, "/", w=390, e=1)
    count_all()
    knees = PageCount.objects.get(page__path="/knees/")
    counts = (knees.views, knees.visitors, knees.entries, knees.phones, knees.tablets, knees.desktops)
    assert counts == (3, 2, 1, 1, 1, 1)
    site = PageCount.objects.get(page__path="")
    assert (site.views, site.visitors, site.entries) == (4, 2, 2)
    hosts = HostCount.objects.values_list("page__path", "host", "count")
    assert set(hosts) == {("/knees/", "google.com", 1), ("/", "", 1)}
    page = CountedPage.objects.get(path="/knees/")
    assert (page.kind, page.document_id) == ("post", post.pk)
    assert set(CountedPage.objects.values_list("path", "kind")) == {("", ""), ("/", "home"), ("/knees/", "post")}


def test_only_pages_that_exist_are_stored(client: Client) -> None:
    make_post(slug="draft", status=Post.Status.DRAFT)
    make_page(slug="about", title="About")
    for path in (
        "/draft/",
        "/nothing/",
        "/category/nothing/",
        "/exercises/nothing/",
        "/admin/",
        "/preview/token/",
        "/newsletter/",
        "/about/",
    ):
        view(client, path)
    spooled = "".join(file.read_text() for file in spool.finished_files(include_current=True))
    assert "/preview/" not in spooled
    assert "/newsletter/" not in spooled
    count_all()
    assert counted_paths() == {"/about/"}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"k": "view"},
        {"k": "view", "p": "/", "w": "wide"},
        {"k": "view", "p": "elsewhere", "w": 1},
        {"k": "view", "p": "/\n/", "w": 1},
        {"k": "view", "p": f"/{'x' * 600}/", "w": 1},
        {"k": "view", "p": "/", "w": 1, "e": 1, "r": "<script>"},
        {"k": "vitals", "p": "/"},
        {"k": "vitals", "p": "/", "LCP": "NaN"},
        {"k": "vitals", "p": "/", "LCP": "-1"},
        {"k": "click", "p": "/"},
        {"k": "other", "p": "/"},
        {"k": "view", "p": "/", "w": 1, "x": "y" * 2000},
    ],
)
def test_what_no_page_sends_is_refused_quietly(client: Client, data: dict[str, Any]) -> None:
    assert send(client, data).status_code == 400
    assert not spool.finished_files(include_current=True)


def test_only_posts_are_accepted(client: Client) -> None:
    assert client.get("/count-page/", headers=BROWSER).status_code == 405


def test_one_visitor_counts_a_limited_number_of_times(client: Client) -> None:
    for _ in range(MAX_VIEWS_OF_PAGE + 5):
        view(client)
    count_all()
    view(client)
    count_all()
    assert (views_of("/"), PageCount.objects.get(page__path="/").visitors) == (MAX_VIEWS_OF_PAGE, 1)


def test_hosts_and_searches_are_bounded(client: Client) -> None:
    for number in range(MAX_HOSTS + 3):
        agent = {"User-Agent": f"{BROWSER['User-Agent']} {number}"}
        view(client, "/", agent, e=1, r=f"site{number}.example")
        assert send(client, {"k": "click", "p": "/", "h": f"site{number}.example"}, agent).status_code == 204
    for number in range(MAX_SEARCHES + 2):
        view(client, "/search/", {"User-Agent": f"{BROWSER['User-Agent']} {number}"}, q=f"knee {number}", n=3)
    count_all()
    for is_outbound in (True, False):
        assert HostCount.objects.filter(is_outbound=is_outbound, page__path="/").count() == MAX_HOSTS + 1
        assert HostCount.objects.get(host=OTHER, is_outbound=is_outbound).count == 3
    assert SearchCount.objects.get(words=OTHER).count == 2


def test_searches_are_counted_by_words_and_result(client: Client) -> None:
    view(client, "/search/", q="  Frozen   SHOULDER ", n=4)
    view(client, "/search/", q="frozen shoulder", n=4)
    view(client, "/search/", q="gluteal xyzzy", n=0)
    for personal in ("jo@example.com", "call 0151 234 567", "https://example.com/me"):
        view(client, "/search/", q=personal, n=0)
    count_all()
    rows = SearchCount.objects.values_list("words", "count", "without_results")
    assert set(rows) == {("frozen shoulder", 2, 0), ("gluteal xyzzy", 1, 1)}


def test_core_web_vitals_are_counted_by_kind_of_page(client: Client) -> None:
    make_post(slug="knees")
    send(client, {"k": "vitals", "p": "/knees/", "LCP": 1800.5, "CLS": 0.02})
    send(client, {"k": "vitals", "p": "/", "LCP": 900, "INP": 96})
    count_all()
    found = set(VitalCount.objects.values_list("kind", "metric", "count"))
    assert found == {("post", "LCP", 1), ("post", "CLS", 1), ("home", "LCP", 1), ("home", "INP", 1)}


def test_a_batch_counts_once_even_if_the_worker_is_killed_after_the_commit(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    view(client)
    (file,) = spool.finished_files(include_current=True)
    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", lambda *args, **options: None)
        count_all()
    assert file.exists()
    count_all()
    assert (views_of("/"), file.exists()) == (1, False)


def test_a_failure_in_the_middle_counts_nothing_and_keeps_the_file(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    view(client)
    with monkeypatch.context() as patched:
        patched.setattr(counting, "_count_hosts", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            count_all()
    assert not PageCount.objects.exists()
    count_all()
    assert views_of("/") == 1


def test_a_killed_web_process_loses_no_view(settings: Settings) -> None:
    program = (
        "import os, sys, django; django.setup();"
        "from pathlib import Path; from django.conf import settings; from analytics import spool;"
        "settings.PAGE_VIEW_DIR = Path(sys.argv[1]);"
        "[spool.append(['2026-01-01', str(n), 'view', '/']) for n in range(100)]; os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(settings.PAGE_VIEW_DIR)], check=False, timeout=60)
    (file,) = spool.finished_files(include_current=True)
    assert len(list(spool.read(file))) == 100


def test_a_line_that_a_full_disk_cut_off_is_skipped(client: Client) -> None:
    view(client)
    (file,) = spool.finished_files(include_current=True)
    with file.open("a") as lines:
        lines.write('["2026-01-0')
    count_all()
    assert views_of("/") == 1


def test_a_full_disk_costs_the_view_and_not_the_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.write", fail)
    view(client)
    monkeypatch.undo()
    spool.close()


def test_files_are_read_only_after_their_slot(client: Client) -> None:
    view(client)
    assert spool.finished_files() == []
    assert len(spool.finished_files(include_current=True)) == 1


def test_the_number_of_queries_does_not_depend_on_the_number_of_views(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    posts = [make_post() for _ in range(10)]
    for number, post in enumerate(posts * 5):
        view(client, post.get_absolute_url(), {"User-Agent": f"Firefox {number}"}, e=1, r=f"site{number}.example")
    count_all()  # creates the rows of the pages
    for number, post in enumerate(posts * 5):
        view(client, post.get_absolute_url(), {"User-Agent": f"Firefox {number}"}, e=1, r=f"site{number}.example")
    with django_assert_max_num_queries(100):
        count_all()
    assert views_of("") == 100


def test_counting_leaves_cached_pages_alone(client: Client) -> None:
    make_post(slug="knees")
    before = read_versions()
    view(client, "/knees/")
    count_all()
    assert read_versions() == before


def test_the_worker_deletes_visitors_the_next_day_and_counts_after_the_setting(
    client: Client, settings: Settings
) -> None:
    settings.ANALYTICS_DAYS = 30
    view(client, "/", e=1, r="example.com")
    view(client, "/search/", q="knee", n=1)
    count_all()
    today = timezone.localdate()
    for model in (PageCount, HostCount, SearchCount, DailyVisitor):
        model.objects.update(day=today - timedelta(days=1))
    assert counting.delete_old_visitors() == 3  # one for each page, and one for the site
    assert PageCount.objects.exists()
    AppliedBatch.objects.update(applied_at=timezone.now() - timedelta(days=2))
    for model in (PageCount, HostCount, SearchCount):
        model.objects.update(day=today - timedelta(days=31))
    counting.delete_old_counts()
    models: tuple[Any, ...] = (PageCount, HostCount, SearchCount, DailyVisitor, AppliedBatch)
    for model in models:
        assert not model.objects.exists()


def test_the_worker_counts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    view(client)
    monkeypatch.setattr(spool, "GRACE_SECONDS", -60)
    assert counting.count_page_views() == 1
    spool.close()
    assert views_of("/") == 1


def test_the_code_of_a_visitor_changes_every_day(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    view(client)
    today = timezone.localdate()
    monkeypatch.setattr(timezone, "localdate", lambda **_: today + timedelta(days=1))
    view(client)
    (file,) = spool.finished_files(include_current=True)
    codes = {json.loads(line)[1] for line in file.read_text().splitlines()}
    assert len(codes) == 2
    assert not any("127.0.0.1" in code for code in codes)


def test_the_script_costs_less_than_a_kilobyte() -> None:
    sources = FileSystemStorage(django_settings.BASE_DIR / "static")
    script = bundled("site/js/site.js", sources)
    part = bundled("site/js/page-views.js", sources)
    assert part in script
    assert len(gzip.compress(script.encode())) - len(gzip.compress(script.replace(part, "").encode())) < 1000


@pytest.mark.django_db(transaction=True)
def test_a_web_server_without_a_worker_counts_for_itself(client: Client, settings: Settings) -> None:
    view(client)
    spool.close()
    (file,) = spool.finished_files(include_current=True)
    file.rename(file.with_name(f"1-{file.name.partition('-')[2]}"))
    view(client)
    for thread in threading.enumerate():
        if thread.name == counting.THREAD_NAME:
            thread.join()
    assert views_of("/") == 1
    assert len(spool.finished_files(include_current=True)) == 1
