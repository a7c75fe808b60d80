"""The checklist points at claims without a citation, and at nothing else."""

import pytest

from blog.checklist import findings
from evidence.claims import uncited_sentences
from richtext.sanitizer import parse, sanitize
from tests.evidence.factories import cite, make_source


def uncited(body: str) -> list[str]:
    return uncited_sentences(parse(sanitize(body)))


CITATION = '<sup data-cite="5"></sup>'


@pytest.mark.parametrize(
    "sentence",
    [
        "Studies show that walking helps.",
        "About 80% of adults have back pain.",
        "Researchers at a university found no difference.",
        "According to a guideline, rest is not needed.",
        "Walking is proven to help.",
        "Pain halves in 3 out of 4 people.",
    ],
)
def test_only_the_uncited_claim_is_named(sentence: str) -> None:
    before, after = "Walk for 10 minutes, 3 times a day.", "Your knee is 100 years old at heart."
    assert uncited(f"<p>{before} {sentence} {after}</p>") == [sentence]
    cited = sentence[:-1] + CITATION + "."
    assert uncited(f"<p>{before} {cited} {after}</p>") == []
    assert uncited(f"<p>{before} {sentence}{CITATION} {after}</p>") == []


@pytest.mark.parametrize(
    "body",
    [
        "<p>Do 3 sets of 12 repetitions with 2.5 kg.</p>",
        "<p>We study your gait and find what helps.</p>",
        '<p>Studies <a href="https://example.org/">show</a> that walking helps.</p>',
        "<h2>What studies show</h2>",
        "",
    ],
)
def test_other_sentences_are_left_alone(body: str) -> None:
    assert uncited(body or "<p></p>") == []


def test_a_citation_in_another_sentence_does_not_count() -> None:
    assert uncited(f"<p>Walking helps{CITATION}. Studies show that rest does not.</p>") == [
        "Studies show that rest does not."
    ]
    assert uncited("<ul><li>About 80% improve.<ul><li>Studies show more.</li></ul></li></ul>") == [
        "About 80% improve.",
        "Studies show more.",
    ]


@pytest.mark.django_db
def test_the_checklist_names_the_sentence_and_retracted_works() -> None:
    source = make_source(title="Withdrawn", retraction="Retraction")
    body = sanitize(f"<p>Walking helps{cite(source)}. Studies show that rest does not.</p>")
    messages = [finding.message for finding in findings({"body": body})]
    assert "Cite a source for “Studies show that rest does not.”, or reword it." in messages
    assert [message for message in messages if "Withdrawn" in message and "Retraction" in message]
