"""Measure the CPU time of searches among many posts, on SQLite or PostgreSQL.

    python -m benchmarks.search [--posts 10000] [--postgres]

Creates a database with the demo and that many posts, and runs about 200 queries of seven kinds, built from words in the
posts. CPU time is that of this process, after one warm-up of each kind. SQLite runs in this process; PostgreSQL is a
separate process, so the elapsed time is printed as well.
"""

import argparse
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import posts
from benchmarks.scratch import make_environment, run_postgres

QUERIES_PER_KIND = 30
# The seeded posts repeat the same sentences. Real posts would fill the vocabulary with about as many words.
RANDOM_WORDS = 30_000

type Parameters = dict[str, str]


def main() -> None:
    """Print a table for the search function and one for the whole request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--postgres", action="store_true", help="use a temporary PostgreSQL server")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ptcomplete-benchmark-")))
        database_url = stack.enter_context(run_postgres())[0] if arguments.postgres else ""
        os.environ |= make_environment(folder, database_url)
        measure(arguments.posts)


def measure(count: int) -> None:
    """Measure with the demo and `count` more posts."""
    import django
    from django.conf import settings

    django.setup()
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    from django.core.management import call_command
    from django.test import Client

    from search import engine
    from search.models import IndexEntry, VocabularyWord
    from search.queries import Query
    from search.spelling import suggest

    started = time.perf_counter()
    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0)
    posts.create_posts(count)
    posts.analyze_database()
    seconds = time.perf_counter() - started
    print(f"Python {platform.python_version()}, Django {django.get_version()}, {posts.database_version()}")
    print(f"{IndexEntry.objects.count()} entries, {VocabularyWord.objects.count()} words, in {seconds:.0f} s")
    queries = make_queries()
    add_random_words()

    def search(parameters: Parameters) -> None:
        query = Query.parse(parameters["q"])
        results = engine.search(query, parameters.get("category", ""), int(parameters.get("page", 1)))
        if results.is_partial or not results.total_count:
            suggest(query)

    client = Client()
    print_table("the search function", search, queries)
    print_table("the whole request", lambda parameters: client.get("/search/", parameters), queries)


def add_random_words() -> None:
    """Fill the vocabulary with random words, the same in every run."""
    from search.models import VocabularyWord

    generator = random.Random(8)  # noqa: S311
    alphabet = "etaoinshrdlu"
    words = {"".join(generator.choices(alphabet, k=generator.randint(4, 11))) for _ in range(RANDOM_WORDS)}
    rows = [VocabularyWord(word=word, form=word) for word in words]
    VocabularyWord.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


def make_queries() -> dict[str, list[Parameters]]:
    """Return queries of each kind, the same in every run."""
    from blog.models import Category
    from search.models import IndexEntry

    generator = random.Random(7)  # noqa: S311
    pks = list(IndexEntry.objects.order_by("pk").values_list("pk", flat=True))
    sample = IndexEntry.objects.filter(pk__in=generator.sample(pks, min(50, len(pks))))
    bodies = list(sample.values_list("body", flat=True))
    categories = [category.slug for category in Category.objects.filter(parent=None)]

    def words(count: int) -> list[str]:
        found = [word.strip(".,;:?!") for word in generator.choice(bodies).split()]
        starts = [index for index in range(len(found) - count) if len(found[index]) > 4]
        start = generator.choice(starts)
        return found[start : start + count]

    def misspelled() -> str:
        word = words(1)[0]
        return word[:2] + word[3] + word[2] + word[4:]

    def repeat(make: Callable[[], Parameters]) -> list[Parameters]:
        return [make() for _ in range(QUERIES_PER_KIND)]

    return {
        "one word": repeat(lambda: {"q": words(1)[0]}),
        "two words": repeat(lambda: {"q": f"{words(1)[0]} {words(1)[0]}"}),
        "phrase": repeat(lambda: {"q": f'"{" ".join(words(3))}"'}),
        "misspelled": repeat(lambda: {"q": misspelled()}),
        "no results": repeat(lambda: {"q": "".join(generator.choices("bcdfghjklmnpqrstvwxz", k=9))}),
        "in a category": repeat(lambda: {"q": words(1)[0], "category": generator.choice(categories)}),
        "page 5": repeat(lambda: {"q": words(1)[0], "page": "5"}),
    }


def print_table(title: str, work: Callable[[Parameters], Any], queries: dict[str, list[Parameters]]) -> None:
    """Print the milliseconds that `work` takes for each kind of query and for all."""
    print(f"\n{title}\n\n| queries | CPU p50 | CPU p95 | elapsed p50 | elapsed p95 |\n| --- | --- | --- | --- | --- |")
    all_times: list[tuple[float, float]] = []
    for kind, parameters_of_kind in queries.items():
        work(parameters_of_kind[0])
        times = []
        for parameters in parameters_of_kind:
            cpu, elapsed = time.process_time(), time.perf_counter()
            work(parameters)
            times.append((time.process_time() - cpu, time.perf_counter() - elapsed))
        all_times += times
        print(format_row(kind, times))
    print(format_row("all", all_times))


def format_row(name: str, times: list[tuple[float, float]]) -> str:
    """Return a row of the table."""
    figures = []
    for measured in zip(*times, strict=True):
        percentiles = statistics.quantiles(measured, n=20)
        figures += [percentiles[9] * 1000, percentiles[18] * 1000]
    return f"| {name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |"


if __name__ == "__main__":
    main()
