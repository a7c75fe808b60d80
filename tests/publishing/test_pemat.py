"""The PEMAT: its items, its scores, and the answers that follow from the text."""

import pytest

from publishing.pemat import ITEMS, Answer, scores
from publishing.pemat_suggestions import suggest

PLAIN = "<p>You can walk each day. Start with ten steps. Rest when you like. Then walk some more.</p>" * 9
HARD = (
    "<p>Degenerative radiculopathy manifestations are frequently characterized by considerable neurophysiological"
    " hypersensitivity, which is conventionally administered multidisciplinary rehabilitation interventions.</p>"
) * 9


def answers(body: str, **data: object) -> dict[str, str]:
    return {key: suggestion.answer.value for key, suggestion in suggest({"body": body, **data}).items()}


def test_the_items_are_those_for_printed_materials() -> None:
    assert [item.number for item in ITEMS] == [*range(1, 13), *range(15, 27)]
    assert sum(item.number < 20 for item in ITEMS) == 17
    optional = [item.number for item in ITEMS if item.not_applicable]
    assert optional == [6, 8, 9, 11, 16, 17, 18, 19, 24, 25]


def test_scores_leave_out_what_does_not_apply() -> None:
    given = {"1": "agree", "2": "agree", "3": "disagree", "6": "na", "20": "agree", "24": "na", "26": "disagree"}
    assert scores(given) == (67, 50)
    assert scores({"6": "na"}) == (None, None)
    assert scores({}) == (None, None)


def test_reading_grade_and_passive_voice() -> None:
    assert answers(PLAIN)["3"] == Answer.AGREE
    assert answers(PLAIN)["5"] == Answer.AGREE
    assert answers(HARD)["3"] == Answer.DISAGREE
    assert answers(HARD)["5"] == Answer.DISAGREE
    assert "3" not in answers("<p>Too short to tell.</p>")


def test_organization() -> None:
    long = f"<h2>One</h2>{PLAIN}<h2>Two</h2>{PLAIN}"
    assert answers(long)["8"] == Answer.AGREE
    assert "9" not in answers(long)  # a person has to judge the headings
    assert answers(PLAIN * 4)["8"] == Answer.DISAGREE
    assert answers(PLAIN * 4)["9"] == Answer.DISAGREE
    assert answers(long)["11"] == Answer.DISAGREE
    assert answers(long, tldr="Walk.")["11"] == Answer.AGREE
    assert answers(f"{long}<h2>Key points</h2><p>Walk.</p>")["11"] == Answer.AGREE
    assert {answers("<p>Short.</p>")[key] for key in ("8", "9", "11")} == {Answer.NOT_APPLICABLE}
    assert answers("<p>Walk.</p>")["12"] == Answer.DISAGREE
    assert answers("<ul><li>Walk.</li></ul>")["12"] == Answer.AGREE


def test_numbers_images_and_tables() -> None:
    none = answers("<p>Walk.</p>")
    assert {none[key] for key in ("6", "16", "17", "18", "19", "25")} == {Answer.NOT_APPLICABLE}
    assert (none["15"], none["26"]) == (Answer.DISAGREE, Answer.DISAGREE)
    assert "6" not in answers("<p>Walk 10 steps.</p>")
    captioned = '<figure><img data-image="1"><figcaption>A walk.</figcaption></figure>'
    assert answers(captioned)["17"] == Answer.AGREE
    assert answers(f'{captioned}<figure><img data-image="1"></figure>')["17"] == Answer.DISAGREE
    table = "<table><tbody><tr><{0}>Day</{0}><td>1</td></tr></tbody></table>"
    assert answers(table.format("th"))["19"] == Answer.AGREE
    assert answers(table.format("td"))["19"] == Answer.DISAGREE
    assert "25" not in answers(table.format("th"))


def test_actions() -> None:
    assert answers("<p>Patients should walk.</p>")["21"] == Answer.DISAGREE
    assert answers("<p>Take your time.</p>")["21"] == Answer.AGREE
    assert answers("<ol><li>Stand up.</li><li>Walk.</li></ol>")["22"] == Answer.AGREE
    assert "22" not in answers("<ol><li>Walk.</li></ol>")


@pytest.mark.parametrize("body", ["", "<p></p>", "<h2>Only a heading</h2>", "<hr>"])
def test_empty_texts_get_answers_too(body: str) -> None:
    found = suggest({"body": body})
    allowed = {item.key: bool(item.not_applicable) for item in ITEMS}
    assert all(allowed[key] or each.answer != Answer.NOT_APPLICABLE for key, each in found.items())
    assert all(each.reason for each in found.values())
