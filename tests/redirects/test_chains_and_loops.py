"""Chains of redirects are flattened and loops are rejected, even under concurrency."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from redirects import services
from redirects.models import Redirect
from tests.factories import make_post
from tests.redirects.factories import location, make_redirect, targets

pytestmark = pytest.mark.django_db


def test_after_two_renames_both_old_paths_redirect_to_the_newest() -> None:
    services.create_redirect("/a/", "/b/")
    services.create_redirect("/b/", "/c/")
    assert targets() == {"/a": "/c/", "/b": "/c/"}


def test_renaming_back_removes_the_redirect_at_that_path() -> None:
    services.create_redirect("/a/", "/b/")
    services.create_redirect("/b/", "/c/")
    services.create_redirect("/c/", "/a/")
    assert targets() == {"/b": "/a/", "/c": "/a/"}


def test_a_redirect_to_an_old_path_points_to_the_final_target() -> None:
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


def test_a_loop_is_rejected_and_changes_nothing() -> None:
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
