"""Request pages at a constant rate until a file appears, and print the answers: constant_rate.py URL RATE STOP_FILE.

Every third request is a POST, since proxies do not repeat those. Requests start on time even if earlier ones wait.
"""

import ssl
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

CONTEXT = ssl.create_default_context()
# The certificate comes from Caddy's own authority.
CONTEXT.check_hostname, CONTEXT.verify_mode = False, ssl.CERT_NONE
PAGES = (("", None), ("blog/", None), ("newsletter/", b"email="))


def request(url: str, body: bytes | None) -> tuple[str, float]:
    """Return the status, or the error, and how long the answer took."""
    started_at = time.monotonic()
    try:
        with urllib.request.urlopen(  # noqa: S310
            urllib.request.Request(url, body),  # noqa: S310
            timeout=30,
            context=CONTEXT,
        ) as response:
            response.read()
            status = str(response.status)
    except urllib.error.HTTPError as error:
        status = str(error.code)
    except OSError as error:
        status = f"failed: {error}"
    return status, time.monotonic() - started_at


def main(url: str, rate: float, stop: Path) -> int:
    """Run until `stop` exists. Return 1 if a request failed or got a server error."""
    started_at = time.monotonic()
    results: list[Future[tuple[str, float]]] = []
    with ThreadPoolExecutor(64) as pool:
        while not stop.exists():
            path, body = PAGES[len(results) % len(PAGES)]
            results.append(pool.submit(request, url + path, body))
            time.sleep(max(0, started_at + len(results) / rate - time.monotonic()))
        answers = [result.result() for result in results]
    seconds = time.monotonic() - started_at
    times = sorted(taken for _, taken in answers)
    failed = [status for status, _ in answers if not status.isdigit() or status >= "500"]
    sys.stdout.write(
        f"{len(answers)} requests in {seconds:.0f} s, {dict(Counter(status for status, _ in answers))}, failed: "
        f"{len(failed)}; median {times[len(times) // 2]:.3f} s, slowest {times[-1]:.3f} s\n"
    )
    return int(bool(failed) or not answers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])))
