"""Create many long posts for load tests, with bulk inserts."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.models import Author
from blog.models import Category, Post, Tag, TaggedPost
from blog.related_posts import extract_keywords
from images.models import Image
from richtext import references
from richtext.analysis import analyze, excerpt
from richtext.sanitizer import sanitize

SECTIONS_PER_POST = 5
WORDS_PER_SECTION = 140
BATCH_SIZE = 500
MAX_IMAGES = 5_000
TAGS = ("Strength", "Balance", "Running", "Desk work", "Sleep", "Shoulder", "Knee", "Hip", "Back", "Walking")


@dataclass(frozen=True)
class _Section:
    body: str
    word_count: int
    heading: list[object]
    title: str


def create_posts(count: int, report_progress: Callable[[int], None] = lambda done: None) -> None:
    """Create `count` public posts of about 900 words, spread over the last ten years.

    Posts combine sections that are sanitized and analyzed once, so their bodies are as the editor would store them.
    Each links to another post, and has a featured image if the library has images.
    """
    generator = random.Random(count)  # noqa: S311 - the same count creates the same posts
    sentences = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split("\n")
    sections = [_section(number, [line for line in sentences if line], generator) for number in range(300)]
    author = Author.objects.first() or Author.objects.create(name="Load test", slug="load-test")
    categories = list(Category.objects.all()) or [Category.objects.create(name="Load test", slug="load-test")]
    tags = [Tag.objects.get_or_create(name=name)[0] for name in TAGS]
    images = list(Image.objects.order_by("pk")[:MAX_IMAGES])
    first = Post.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    done = 0
    for batch in batched(_posts(count, first, sections, author, categories, images, generator), BATCH_SIZE):
        with transaction.atomic():
            posts = Post.objects.bulk_create(batch)
            references.sync(posts)
            through = Post.categories.through
            through.objects.bulk_create(through(post=post, category_id=post.primary_category_id) for post in posts)
            TaggedPost.objects.bulk_create(
                TaggedPost(content_object=post, tag=tag) for post in posts for tag in generator.sample(tags, 2)
            )
        done += len(batch)
        report_progress(done)


def _section(number: int, sentences: list[str], generator: random.Random) -> _Section:
    opening = generator.choice(sentences).rstrip(".")
    title = " ".join(opening.split()[:6])
    paragraphs: list[str] = []
    word_count = 0
    while word_count < WORDS_PER_SECTION:
        chosen = generator.sample(sentences, 4)
        paragraphs.append(f"<p>{' '.join(chosen)}</p>")
        word_count += sum(len(sentence.split()) for sentence in chosen)
    body = sanitize(f'<h2 id="section-{number}">{title}</h2>{"".join(paragraphs)}')
    analysis = analyze(body)
    return _Section(body, analysis.word_count, [2, f"section-{number}", analysis.headings[0].text], title)


def _link(number: int) -> str:
    return f'<p>More about this is in <a href="/load-test-{number}/">another post</a>.</p>'


def _posts(
    count: int,
    first: int,
    sections: list[_Section],
    author: Author,
    categories: list[Category],
    images: list[Image],
    generator: random.Random,
) -> Iterator[Post]:
    now = timezone.now()
    step = timedelta(days=3650) / max(count, 1)
    for number in range(count):
        chosen = generator.sample(sections, SECTIONS_PER_POST)
        published_at = now - step * number - timedelta(minutes=1)
        yield Post(
            title=f"{chosen[0].title} ({first + number + 1})",
            keywords=extract_keywords(section.title for section in chosen),
            slug=f"load-test-{first + number + 1}",
            body="\n".join([*(section.body for section in chosen), _link(first + generator.randint(1, count))]),
            summary=excerpt(chosen[0].body),
            word_count=sum(section.word_count for section in chosen),
            headings=[section.heading for section in chosen],
            month=timezone.localdate(published_at).replace(day=1),
            author=author,
            featured_image=generator.choice(images) if images else None,
            primary_category=generator.choice(categories),
            status=Post.Status.PUBLISHED,
            published_at=published_at,
        )
