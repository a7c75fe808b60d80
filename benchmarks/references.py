"""Measure what references and exercises cost a post: CPU time of its page, beside the same text without them.

    python -m benchmarks.references [--citations 30] [--cards 5] [--requests 40]

Each page is requested in turn with the other: right after a change to the site, when nothing is kept; with a query
parameter that the page cache does not know, when texts are kept and pages are not; and as visitors request it. CPU time
is that of this process, in milliseconds per request; the median counts.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

from benchmarks.scratch import make_environment

if TYPE_CHECKING:
    from evidence.models import Source

PARAGRAPHS = 30
WARM_UPS = 3
_WORDS = "Most people with back pain can keep moving in small amounts and let walking grow day by day. " * 4

type Application = Callable[..., Any]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--citations", type=int, default=30)
    parser.add_argument("--cards", type=int, default=5)
    parser.add_argument("--requests", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-") as folder:
        os.environ |= make_environment(Path(folder), site_url="http://127.0.0.1")
        measure(arguments.citations, arguments.cards, arguments.requests)


def measure(citations: int, cards: int, requests: int) -> None:
    """Create the two posts, request them in each way, and print the CPU times and their ratio."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("seed_demo", verbosity=0)
    create_posts(citations, cards)

    from pagecache.invalidation import invalidate_all
    from ptcomplete.wsgi import application

    print(f"| page | plain, ms | {citations} references and {cards} cards, ms | ratio |")
    print("| --- | ---: | ---: | ---: |")
    kinds: dict[str, tuple[bool, bool]] = {
        "after a change": (True, False),
        "not in the page cache": (False, True),
        "cached": (False, False),
    }
    for name, (is_stale, is_unique) in kinds.items():
        times: dict[str, list[float]] = {"/plain/": [], "/cited/": []}
        for number in range(WARM_UPS + requests):
            for path, found in times.items():
                if is_stale:
                    invalidate_all("default")
                query = f"uncached={number}" if is_unique else ""
                seconds = request(application, path, query)
                if number >= WARM_UPS:
                    found.append(seconds * 1000)
        plain, cited = (statistics.median(found) for found in times.values())
        print(f"| {name} | {plain:.2f} | {cited:.2f} | {cited / plain:.2f} |")


def create_posts(citations: int, cards: int) -> None:
    """Create two posts with the same text, one of them with markers and cards."""
    from django.utils import timezone

    from blog.models import Post
    from exercises.models import Exercise

    first = Post.objects.published().newest_first()[0]
    sources = create_sources(citations)
    exercises = list(Exercise.objects.published()[:cards])
    paragraphs = [f"<p>{_WORDS}</p>" for _ in range(PARAGRAPHS)]
    for number in range(0, PARAGRAPHS, 6):
        paragraphs[number] = f"<h2>Chapter {number}</h2>{paragraphs[number]}"
    plain = "".join(paragraphs)
    for number, source in enumerate(sources):
        place = number % PARAGRAPHS
        paragraphs[place] = paragraphs[place].removesuffix("</p>") + f'<sup data-cite="{source.pk}"></sup></p>'
    embeds = "".join(f'<div data-embed="exercise" data-id="{exercise.pk}"></div>' for exercise in exercises)
    for slug, body in (("plain", plain), ("cited", "".join(paragraphs) + embeds)):
        Post.objects.create(
            title=slug.capitalize(),
            slug=slug,
            body=body,
            author=first.author,
            primary_category=first.primary_category,
            featured_image=first.featured_image,
            status=Post.Status.PUBLISHED,
            published_at=timezone.now(),
        )


def create_sources(count: int) -> "list[Source]":
    """Create references with three authors and a DOI."""
    from evidence.models import Source

    return [
        Source.objects.create(
            authors="Li, Qiang\nWu, X. Y.\nvan der Berg, A.",
            title=f"Walking and backs, part {number}",
            container="Pain",
            year=2001,
            volume="1",
            pages=f"{number}-{number + 9}",
            doi=f"10.1000/benchmark.{number}",
        )
        for number in range(count)
    ]


def request(application: Application, path: str, query: str) -> float:
    """Return the CPU seconds of one request, which has to succeed."""
    environ: dict[str, Any] = {
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_USER_AGENT": "Mozilla/5.0",
        "HTTP_ACCEPT_ENCODING": "gzip, br",
        "wsgi.input": BytesIO(),
    }
    setup_testing_defaults(environ)
    statuses: list[str] = []
    start = time.process_time()
    response = application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    b"".join(response)
    if hasattr(response, "close"):
        response.close()
    seconds = time.process_time() - start
    if not statuses[0].startswith("200"):
        raise SystemExit(f"{path} has status {statuses[0]}.")
    return seconds


if __name__ == "__main__":
    main()
