"""The Patient Education Materials Assessment Tool for printed materials (PEMAT-P), in our own short wording.

Source: Shoemaker SJ, Wolf MS, Brach C. The Patient Education Materials Assessment Tool (PEMAT) and User's Guide. AHRQ
Publication No. 14-0002-EF. 2013, updated 2014. Numbers are those of the guide; 13 and 14 are for videos only.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple


class Answer(StrEnum):
    """The answer to an item."""

    AGREE = "agree"
    DISAGREE = "disagree"
    NOT_APPLICABLE = "na"


class Item(NamedTuple):
    """A question about the text. Some do not apply to every text."""

    number: int
    topic: str
    text: str
    not_applicable: str = ""  # when the item does not apply

    @property
    def key(self) -> str:
        """The key of the answer."""
        return str(self.number)


ITEMS = (
    Item(1, "Content", "The purpose is clear from the start."),
    Item(2, "Content", "Nothing distracts from the purpose."),
    Item(3, "Words", "The language is common and everyday."),
    Item(4, "Words", "Medical terms are few, and explained."),
    Item(5, "Words", "Sentences are in the active voice."),
    Item(6, "Numbers", "Numbers are clear and easy to understand.", "no numbers"),
    Item(7, "Numbers", "Readers do not have to calculate."),
    Item(8, "Organization", "The text comes in short sections.", "very short text"),
    Item(9, "Organization", "Headings say what each section is about.", "very short text"),
    Item(10, "Organization", "The order makes sense."),
    Item(11, "Organization", "There is a summary.", "very short text"),
    Item(12, "Layout", "Lists, boxes or bold type point to what matters."),
    Item(15, "Images and tables", "There are images wherever they help to understand."),
    Item(16, "Images and tables", "The images support the text.", "no images"),
    Item(17, "Images and tables", "The images have clear titles or captions.", "no images"),
    Item(18, "Images and tables", "The images are clear and uncluttered.", "no images"),
    Item(19, "Images and tables", "Tables are simple, with short and clear headings.", "no tables"),
    Item(20, "Actions", "There is at least one thing that readers can do."),
    Item(21, "Actions", "The text speaks to readers directly about it."),
    Item(22, "Actions", "Actions are broken down into clear steps."),
    Item(23, "Actions", "There is a tool wherever one helps, such as a checklist."),
    Item(24, "Actions", "Instructions or examples show how to calculate.", "nothing to calculate"),
    Item(25, "Actions", "The text explains how to use charts, tables or diagrams.", "no charts or tables"),
    Item(26, "Actions", "There are images wherever they help to act."),
)
FIRST_ACTION_ITEM = 20


class Scores(NamedTuple):
    """Percentages of the items that apply, or None if no item was answered."""

    understandability: int | None
    actionability: int | None


def scores(answers: Mapping[str, str]) -> Scores:
    """Return the scores of `answers`: those who agree, divided by those who agree or disagree."""
    return Scores(
        _score(answers, (item.key for item in ITEMS if item.number < FIRST_ACTION_ITEM)),
        _score(answers, (item.key for item in ITEMS if item.number >= FIRST_ACTION_ITEM)),
    )


def _score(answers: Mapping[str, str], keys: Iterable[str]) -> int | None:
    counted = [answers[key] for key in keys if answers.get(key) in (Answer.AGREE, Answer.DISAGREE)]
    return round(100 * counted.count(Answer.AGREE) / len(counted)) if counted else None
