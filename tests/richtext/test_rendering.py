"""Rendering of stored texts for pages, feeds, emails and the editor."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from images.models import Image
from richtext.analysis import analyze, excerpt, plain_text, reading_minutes
from richtext.embeds import RenderTarget
from richtext.rendering import render, render_all
from richtext.sanitizer import sanitize
from tests.factories import make_image

pytestmark = [pytest.mark.any_database, pytest.mark.django_db]

BODY = '<figure><img data-image="{}"><figcaption>The caption</figcaption></figure>'


@pytest.mark.django_db
def test_the_alt_text_of_the_library_is_used_unless_the_text_overrides_it() -> None:
    image = make_image(alt="From the library")
    assert 'alt="From the library"' in render(sanitize(BODY.format(image.pk)))
    own = sanitize(f'<figure><img data-image="{image.pk}" alt="Said here"></figure>')
    assert 'alt="Said here"' in render(own)
    decorative = sanitize(f'<figure><img data-image="{image.pk}" alt=""></figure>')
    assert 'alt=""' in render(decorative)
    Image.objects.update(alt="Corrected")
    assert 'alt="Corrected"' in render(sanitize(BODY.format(image.pk)))


@pytest.mark.django_db
def test_the_caption_of_a_deleted_image_is_omitted() -> None:
    assert render(sanitize("<p>Words</p>" + BODY.format(999999))) == "<p>Words</p>"


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 6])
def test_the_images_of_a_text_take_one_query(count: int) -> None:
    body = sanitize("".join(BODY.format(make_image().pk) for _ in range(count)))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert render(body).count("<img") == count
    # The other one asks whether the glossary has changed.
    assert len(queries) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "names"),
    [(RenderTarget.FEED, ""), (RenderTarget.EMAIL, ' class="callout callout--tip"')],
    ids=["feed", "mail"],
)
def test_feeds_and_emails_have_absolute_urls_and_plain_callouts(target: RenderTarget, names: str) -> None:
    image = make_image()
    body = sanitize(
        BODY.format(image.pk) + '<p><a href="/other/">x</a></p>'
        '<aside data-callout="tip" data-title="Slowly"><p>Move</p></aside><table><tr><td>1</td></tr></table>'
    )
    feed = render(body, target)
    assert f'src="http://testserver{image.file.url}"' in feed
    assert 'href="http://testserver/other/"' in feed
    assert f"<blockquote{names}><p><strong>Slowly</strong></p><p>Move</p></blockquote>" in feed
    assert feed.count("class=") == names.count("class=")


def test_a_link_within_the_text_includes_the_page_url_in_feeds_and_emails() -> None:
    body, page = sanitize('<h2 id="plan">Plan</h2><p><a href="#plan">x</a></p>'), "https://example.com/knees/"
    assert 'href="https://example.com/knees/#plan"' in render_all([body], RenderTarget.EMAIL, [page])[0]


@pytest.mark.django_db
def test_rendering_for_the_editor_and_sanitizing_restores_the_stored_text() -> None:
    image = make_image()
    body = sanitize(BODY.format(image.pk) + '<aside data-callout="note"><p>x</p></aside><h2>T</h2>')
    assert f'src="{image.file.url}"' in render(body, RenderTarget.EDITOR)
    assert sanitize(render(body, RenderTarget.EDITOR)) == body


def test_a_callout_has_an_accessible_name() -> None:
    page = render(sanitize('<aside data-callout="red-flags"><p>Numb foot</p></aside>'))
    assert 'role="note"' in page
    assert 'aria-label="Red flags: when to see a professional"' in page
    titled = render(sanitize('<aside data-callout="tip" data-title="&lt;b&gt;Slow&lt;/b&gt;"><p>x</p></aside>'))
    assert "&lt;b&gt;Slow&lt;/b&gt;</p>" in titled


def test_a_wide_table_scrolls_in_a_focusable_region() -> None:
    page = render(
        sanitize("<table><caption>Plan</caption><tr><td>1</td></tr></table><table><tr><td>2</td></tr></table>")
    )
    assert page.count('role="region"') == page.count('tabindex="0"') == 2
    assert 'aria-labelledby="table-1"' in page
    assert 'aria-label="Table 2"' in page


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("3 3 4 3 2 3", "2 2 3 2 2 3"), ("2 4 4 3 4 2", "2 3 3 3 4 2"), ("4", "2"), ("2 3 4 3 2", "2 3 4 3 2")],
)
def test_headings_skip_no_level_where_readers_see_them(stored: str, shown: str) -> None:
    body = sanitize("".join(f"<h{level}>Knee {level}</h{level}>" for level in stored.split()))

    def levels(text: str) -> str:
        return " ".join(re.findall(r"<h(\d)", text))

    assert levels(body) == stored
    assert [levels(render(body, target)) for target in RenderTarget] == [shown, shown, shown, stored]
    assert re.findall('id="(.*?)"', render(body)) == re.findall('id="(.*?)"', body)


def test_a_text_below_a_heading_keeps_its_first_level() -> None:
    assert "<h3" in render(sanitize("<h3>Hours</h3>"), level_above=2)


def test_analysis_counts_words_and_finds_headings() -> None:
    body = sanitize("<h2>Why it’s sore</h2><p>One two, three-four.</p><h3>Next</h3><ul><li>five</li></ul>")
    found = analyze(body)
    assert found.word_count == 3 + 3 + 1 + 1
    assert [(heading.level, heading.text) for heading in found.headings] == [(2, "Why it’s sore"), (3, "Next")]


def test_an_excerpt_contains_no_markup() -> None:
    body = sanitize("<h2>Title</h2><p>Stairs are <em>honest</em>.<sup>1</sup></p><p>They tell &lt;you&gt;.</p>")
    assert excerpt(body) == "Stairs are honest. They tell <you>."
    assert excerpt(body, words=3) == "Stairs are honest.…"


def test_words_of_adjacent_blocks_are_separated() -> None:
    assert plain_text(sanitize("<ul><li>one</li><li>two</li></ul><p>three<br>four</p>")).split() == [
        "one",
        "two",
        "three",
        "four",
    ]


@pytest.mark.parametrize(("words", "minutes"), [(0, 1), (100, 1), (220, 1), (1100, 5)])
def test_reading_time_is_at_least_a_minute(words: int, minutes: int) -> None:
    assert reading_minutes(words) == minutes
