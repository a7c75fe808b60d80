"""The production server survives slow clients, HTTP/2, killed and stuck workers, and stops in time."""

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from benchmarks.server import free_port
from ptcomplete import server, slow_clients
from ptcomplete.slow_clients import SlowClientMiddleware
from tests.reverse_proxies import PROXIES, Proxy

FORM = "application/x-www-form-urlencoded"
HEADERS = f"Host: 127.0.0.1\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\na="
STARTED_WITH_SHORT_PROBES = (
    "import ptcomplete.server as s; s.PROBE_INTERVAL = s.PROBE_TIMEOUT = 0.3; raise SystemExit(s.main())"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a site with a migrated database and a large upload."""
    folder = tmp_path_factory.mktemp("site")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "ptcomplete.settings",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "SITE_URL": "http://127.0.0.1",
        "LOG_LEVEL": "CRITICAL",
    }
    manage = [sys.executable, "manage.py"]
    for command in (["migrate"], ["collectstatic", "--no-input"]):
        subprocess.run([*manage, *command, "--verbosity", "0"], cwd=settings.BASE_DIR, env=environment, check=True)
    (folder / "media").mkdir(exist_ok=True)
    with (folder / "media" / "talk.bin").open("wb") as file:
        file.truncate(30_000_000)
    return environment


@contextmanager
def serve(environment: dict[str, str], *options: str, code: str = "") -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the server until the end of the block; yield its port and the supervisor's process."""
    port = free_port()
    program = ["-c", code] if code else ["-m", "ptcomplete.server"]
    command = [sys.executable, *program, "--port", str(port), *options]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        wait_until_it_answers(port)
        yield port, process
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def port(environment: dict[str, str]) -> Iterator[int]:
    with serve(environment) as (port, _):
        yield port


def wait_until_it_answers(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.probe(port) is not None:
            return
        time.sleep(0.1)
    pytest.fail("The server does not answer.")


def home_status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/robots.txt")
    status = connection.getresponse().status
    connection.close()
    return status


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def workers(supervisor: int) -> list[int]:
    """Return the worker processes, without the resource tracker of multiprocessing."""
    return [
        pid
        for master in children(supervisor)
        for pid in children(master)
        if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def connect(stack: ExitStack, port: int, data: bytes = b"") -> socket.socket:
    """Open a connection with a small receive buffer, and send `data`."""
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.sendall(data)
    return client


def unfinished_http2_posts() -> bytes:
    """Return the bytes of an HTTP/2 client that starts two POSTs and does not end them."""

    def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    def text(index: bytes, value: bytes) -> bytes:
        return index + bytes([len(value)]) + value

    method_and_scheme = b"\x83\x86"
    block = method_and_scheme + text(b"\x04", b"/contact/") + text(b"\x01", b"127.0.0.1")
    block += text(b"\x0f\x10", FORM.encode()) + text(b"\x0f\x0d", b"1000")
    posts = b"".join(frame(1, 4, stream, block) + frame(0, 0, stream, b"a=") for stream in range(1, 80, 2))
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + posts


@pytest.mark.slow
def test_unfinished_http2_requests_do_not_occupy_threads(port: int) -> None:
    with ExitStack() as stack:
        connect(stack, port, unfinished_http2_posts())
        time.sleep(0.5)
        assert home_status(port) == 200
    time.sleep(0.5)
    assert home_status(port) == 200


@pytest.mark.slow
def test_pages_are_served_while_slow_clients_send_bodies(port: int) -> None:
    with ExitStack() as stack:
        clients = [connect(stack, port, f"POST /contact/ HTTP/1.1\r\n{HEADERS}".encode()) for _ in range(100)]
        time.sleep(0.5)
        assert home_status(port) == 200
        assert b" 503 " in clients[-1].recv(100)
    time.sleep(1)
    with ExitStack() as stack:
        request = (
            f"POST /robots.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM}\r\nContent-Length: 3\r\n\r\na=b"
        )
        assert b" 403 " in connect(stack, port, request.encode()).recv(100)


@pytest.mark.slow
@pytest.mark.parametrize("run_proxy", PROXIES)
@pytest.mark.parametrize("path", ["/admin/login/", "/"])
def test_large_uploads_of_strangers_do_not_wait_in_the_server(
    environment: dict[str, str], tmp_path: Path, run_proxy: Proxy, path: str
) -> None:
    """Proxies keep back only the start of a large body, so the server must refuse it by its length."""
    # Without a cookie, the CSRF check refuses a request before it reads the body.
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken={'a' * 32}\r\nContent-Type: {FORM}\r\n"
    # With DEBUG, pages need no collected static files.
    with (
        serve(environment | {"DEBUG": "1"}) as (port, _),
        run_proxy(port, tmp_path) as proxy_port,
        ExitStack() as stack,
    ):
        for _ in range(2 * slow_clients.BODY_THREADS):
            client = connect(stack, proxy_port)
            # The proxy may close the connection as soon as it has the answer.
            with suppress(ConnectionError):
                client.sendall(f"{head}Content-Length: 30000000\r\n\r\na=".encode() + b"x" * 5_000_000)
        # The first answers take a while, since templates are not compiled yet. Uploads that wait would wait for good.
        for _ in range(20):
            time.sleep(0.5)
            answer = connect(stack, proxy_port, f"{head}Content-Length: 3\r\n\r\na=b".encode()).recv(100)
            if b" 503 " not in answer:
                break
        assert answer.startswith(b"HTTP/1.1 ")
        assert b" 503 " not in answer


@pytest.mark.slow
def test_pages_are_served_while_slow_clients_read_files(port: int) -> None:
    request = b"GET /media/talk.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(100):
            connect(stack, port, request)
        time.sleep(1)
        assert home_status(port) == 200
    time.sleep(1)
    with ExitStack() as stack:
        assert b" 200 " in connect(stack, port, request).recv(100)


@pytest.mark.slow
def test_pages_are_served_beside_many_idle_connections(port: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2000:
        pytest.skip("This user may not open enough connections.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with ExitStack() as stack:
            for _ in range(1100):
                connect(stack, port)
            assert home_status(port) == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
def test_a_killed_worker_is_replaced(environment: dict[str, str]) -> None:
    with serve(environment) as (port, supervisor):
        [worker] = workers(supervisor.pid)
        os.kill(worker, signal.SIGKILL)
        time.sleep(0.5)
        wait_until_it_answers(port, seconds=20)
        assert worker not in workers(supervisor.pid)


@pytest.mark.slow
def test_a_reload_replaces_the_workers_without_refusing_a_request(environment: dict[str, str]) -> None:
    with serve(environment, "--workers", "2") as (port, supervisor):
        before = workers(supervisor.pid)
        supervisor.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 40
        while set(workers(supervisor.pid)) & set(before) and time.monotonic() < deadline:
            assert home_status(port) == 200
            time.sleep(0.02)
        after = workers(supervisor.pid)
        assert len(after) == 2
        assert not set(before) & set(after)


@pytest.mark.slow
def test_a_killed_server_is_started_again(environment: dict[str, str]) -> None:
    with serve(environment) as (port, supervisor):
        [master] = children(supervisor.pid)
        time.sleep(0.5)  # until the supervisor has seen that it answers
        os.kill(master, signal.SIGKILL)
        time.sleep(0.5)
        wait_until_it_answers(port, seconds=20)


@pytest.mark.slow
def test_a_stuck_server_is_restarted(environment: dict[str, str]) -> None:
    with serve(environment, code=STARTED_WITH_SHORT_PROBES) as (port, supervisor):
        time.sleep(1)
        [worker] = workers(supervisor.pid)
        os.kill(worker, signal.SIGSTOP)
        time.sleep(2)
        wait_until_it_answers(port, seconds=40)
        assert worker not in workers(supervisor.pid)


@pytest.mark.slow
def test_a_signal_stops_the_server_although_slow_clients_are_connected(environment: dict[str, str]) -> None:
    with serve(environment) as (port, supervisor), ExitStack() as stack:
        connect(stack, port, f"POST /contact/ HTTP/1.1\r\n{HEADERS}".encode())
        connect(stack, port, b"GET /media/talk.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        time.sleep(0.5)
        supervisor.terminate()
        assert supervisor.wait(15) == 0
        with pytest.raises(ConnectionRefusedError):
            connect(stack, port)


@pytest.mark.slow
def test_messages_for_systemd(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        with serve(environment | {"NOTIFY_SOCKET": str(tmp_path / "notify")}):
            messages = [systemd.recv(100).decode()]
            while "READY=1" not in messages[-1]:
                messages.append(systemd.recv(100).decode())
        assert all("WATCHDOG=1" in message for message in messages)


@pytest.mark.slow
def test_a_server_that_cannot_start_ends_with_an_error(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "ptcomplete.server", "--port", str(free_port())]
    broken = environment | {"SITE_URL": "nonsense"}
    ended = subprocess.run(command, cwd=settings.BASE_DIR, env=broken, capture_output=True, timeout=60, check=False)
    assert ended.returncode != 0


@pytest.mark.django_db  # closing a response closes old connections
def test_a_stream_holds_its_place_until_it_is_closed(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_clients, "STREAM_THREADS", 1)
    middleware = SlowClientMiddleware(lambda request: StreamingHttpResponse(iter([b"a", b"b"])))
    first = middleware(rf.get("/"))
    assert middleware(rf.get("/")).status_code == 503
    assert isinstance(first, StreamingHttpResponse)
    assert first.getvalue() == b"ab"
    first.close()
    first.close()
    assert middleware(rf.get("/")).status_code == 200


@pytest.mark.django_db  # closing a response closes old connections
def test_a_file_is_closed_with_its_response(rf: RequestFactory, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    file = (tmp_path / "a").open("rb")
    response = SlowClientMiddleware(lambda request: FileResponse(file))(rf.get("/"))
    assert isinstance(response, StreamingHttpResponse)
    assert response.getvalue() == b"content"
    response.close()
    assert file.closed


def test_a_request_with_a_body_holds_its_place_while_it_is_answered(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_clients, "BODY_THREADS", 1)
    inner: list[int] = []

    def answer(request: HttpRequest) -> HttpResponse:
        if not inner:
            inner.append(0)
            inner[:] = [middleware(rf.post("/", {"a": "b"})).status_code, middleware(rf.get("/")).status_code]
        return HttpResponse()

    middleware = SlowClientMiddleware(answer)
    assert middleware(rf.post("/", {"a": "b"})).status_code == 200
    assert inner == [503, 200]
    assert middleware(rf.post("/", {"a": "b"})).status_code == 200
