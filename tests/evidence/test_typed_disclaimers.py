"""Disclaimers that authors typed into texts are recognized, and removed without anything else."""

import pytest

from evidence.disclaimers.typed import has_typed, remove_typed
from richtext.sanitizer import sanitize

WORDS = "This is general information and not medical advice."


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (f"<p>**Disclaimer: {WORDS}**</p>", WORDS),
        (f"<p><strong>Disclaimer:</strong> {WORDS}</p>", WORDS),
        (f"<p><strong>MEDICAL DISCLAIMER</strong> – {WORDS}</p>", WORDS),
        (f"<p><em>A quick disclaimer: {WORDS}</em></p>", WORDS),
        (f"<h3>Medical disclaimer</h3><p>{WORDS}</p>", WORDS),
        (f"<p><strong>Disclaimer</strong></p><p>{WORDS}</p>", WORDS),
        (f"<p>**Disclaimer: {WORDS}</p><p>Ask a doctor.**</p>", f"{WORDS} Ask a doctor."),
        (f'<aside data-callout="note" data-title="Disclaimer"><p>{WORDS}</p></aside>', WORDS),
        (f"<hr><p>Disclaimer: {WORDS}</p>", WORDS),
    ],
)
def test_a_typed_disclaimer_is_removed_and_its_words_are_returned(typed: str, text: str) -> None:
    body = sanitize(f"<p>Bend your knees.</p>{typed}")
    assert has_typed(body)
    assert remove_typed(body) == ("<p>Bend your knees.</p>", [text])


def test_what_follows_a_disclaimer_stays() -> None:
    body = sanitize(f"<p>Bend.</p><h2>Disclaimer</h2><p>{WORDS}</p><h2>References</h2><ol><li>Li 2001.</li></ol>")
    assert remove_typed(body)[0].split("\n") == [
        "<p>Bend.</p>",
        '<h2 id="references">References</h2>',
        "<ol><li>Li 2001.</li></ol>",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "<p>Disclaimer: this post contains affiliate links.</p>",
        "<p>A disclaimer is not medical advice about your knee.</p>",
        "<p>Read our disclaimer, which is about health.</p>",
        '<p>See the <a href="/disclaimer/">medical disclaimer</a>.</p>',
        "<p>Disclaimer:</p><ul><li>Not medical advice.</li></ul>",
        f"<h2>Disclaimer</h2><p>{WORDS}</p><p>I like knees.</p>",
        "<pre><code>Disclaimer: not medical advice</code></pre>",
        "",
    ],
)
def test_other_texts_stay_as_they_are(body: str) -> None:
    sanitized = sanitize(body)
    assert remove_typed(sanitized) == (sanitized, [])
    assert not has_typed(sanitized)


def test_words_about_money_are_never_removed_with_a_disclaimer() -> None:
    body = sanitize(f"<p>Disclaimer: {WORDS} I earn a commission on the links.</p>")
    assert has_typed(body)
    assert remove_typed(body) == (body, [])
