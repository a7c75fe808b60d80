"""The benchmark that kills the parts of a site measures and stores what it should."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from benchmarks.cluster import content
from benchmarks.cluster.browser import Browser
from benchmarks.cluster.ledger import Kill, Ledger, Request
from benchmarks.cluster.machines import Machine
from benchmarks.cluster.services import wait_for_port
from benchmarks.cluster.setups import Setup, _load_balancer
from benchmarks.cluster.verification import Outcome
from benchmarks.cluster.visitors import Load
from benchmarks.server import find_nginx, free_port
from tests.buckets import client


def test_a_recovery_lasts_until_the_last_failed_request_before_the_next_kill() -> None:
    ledger = Ledger()
    ledger.kills = [Kill(100.0, "web", sends_emails=False), Kill(110.0, "worker", sends_emails=True)]
    ledger.requests = [
        Request(99.0, 99.5, "page", 500),  # before the first kill
        Request(100.0, 101.5, "page", 502),
        Request(101.0, 103.0, "page", 0),
        Request(104.0, 105.0, "page", 200),
        Request(111.0, 112.0, "page", 429),
    ]
    web, worker = ledger.recoveries(120.0, [99.0, 101.0, 114.0])
    assert (web.failed, web.seconds, web.email_seconds, web.total_seconds) == (2, 3.0, 1.0, 3.0)
    assert (worker.failed, worker.seconds, worker.total_seconds) == (0, 0.0, 4.0)


def test_a_lost_write_or_a_second_email_fails_the_benchmark() -> None:
    assert Outcome({}, lost={"contact message": []}, duplicated={"campaign email": []}).is_good
    assert not Outcome({}, lost={"contact message": ["1"]}).is_good
    assert not Outcome({}, duplicated={"campaign email": ["1"]}).is_good


@pytest.mark.skipif(find_nginx() is None, reason="nginx is not installed")
def test_nginx_accepts_the_configuration_for_several_machines(tmp_path: Path) -> None:
    machines = [Machine(name, f"127.0.0.{number}") for number, name in enumerate(("lb", "web1", "web2"), start=1)]
    balancer = _load_balancer(Setup("machines", tmp_path), machines[0], machines[1:])
    check = subprocess.run([*balancer.command, "-t"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr
    assert "warn" not in check.stderr
    config = (tmp_path / "lb/nginx.conf").read_text()
    assert "server 127.0.0.2:8000" in config
    assert "root /srv/ptcomplete" not in config


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_visitors_and_editors_can_do_what_the_benchmark_counts(live_server: LiveServer, tmp_path: Path) -> None:
    for create in (content._create_users, content._create_posts, content._create_link):
        create()
    (tmp_path / "mail").touch()
    ledger, posts = Ledger(), content.post_numbers()
    load = Load(live_server.url, ledger, tmp_path / "mail", posts)
    browser = Browser(live_server.url, ledger)
    load._sign_in(browser, "owner-0@example.org")
    load._save_post(browser, "/post-1/", 7)
    load._upload_image(browser, 1)
    browser.close()
    for act in (load.click, load.contact, load.join):
        act()
    writes = ledger.acknowledged
    assert writes["saved post"] == ["/post-1/ 7"]
    assert content.titles()["/post-1/"] == "Post 1 Numbered 7"
    assert len(writes["uploaded image"]) == 1
    assert content.missing_uploads([int(writes["uploaded image"][0]), 999_999]) == [999_999]
    assert (len(writes["click"]), content.clicks()) == (1, 1)
    assert content.contact_messages()[writes["contact message"][0]] == 1
    assert content.subscribers() == {writes["newsletter sign-up"][0]: "pending"}


@pytest.mark.slow
def test_the_storage_of_the_benchmark_survives_a_kill(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.cluster.s3_server", "127.0.0.1", str(port), str(tmp_path), "clinic"]
    s3 = client(f"http://127.0.0.1:{port}")
    for attempt in range(2):
        with subprocess.Popen(command, cwd=settings.BASE_DIR, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for_port("127.0.0.1", port)
                if attempt == 0:
                    s3.put_object(Bucket="clinic", Key="a/knee 1.jpg", Body=b"image", ContentType="image/jpeg")
                    s3.put_object(Bucket="clinic", Key="deleted.jpg", Body=b"image")
                    s3.delete_object(Bucket="clinic", Key="deleted.jpg")
            finally:
                if attempt == 0:
                    process.kill()
            if attempt == 1:
                found = s3.get_object(Bucket="clinic", Key="a/knee 1.jpg")
                assert (found["Body"].read(), found["ContentType"]) == (b"image", "image/jpeg")
                assert s3.list_objects_v2(Bucket="clinic")["KeyCount"] == 1
                process.kill()
