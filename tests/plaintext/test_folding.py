"""What searches ignore: case, diacritics, ligatures, width, invisible characters and typographic punctuation."""

import re
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from plaintext.folded_lookup import folded_pattern
from plaintext.folding import _fold_any, fold

# Letters that combine, fold to several or to none, besides any other character that databases store.
TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), st.sampled_from("aeiosftlßæœøłđıİﬁﬀﬃ ́̈\u00ad\u200b\ufeff\u202eがガﾞ각ᄀ²½ＡＣ…“’–\u00a0"))
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Épaule E\u0301PAULE", "epaule epaule"),
        ("Bjørn Łukasz Fuß FUẞ Æsop œdème Đorđe", "bjorn lukasz fuss fuss aesop oedeme dorde"),
        ("Þór Iðunn ŋ", "thor idunn n"),
        ("İstanbul ısı", "istanbul isi"),
        ("ﬂexor eﬃcient ĳs", "flexor efficient ijs"),
        ("ＡＣＬ ｶﾞ", "acl ガ"),
        ("𝐊𝐧𝐞𝐞 𝓴𝓷𝓮𝓮 ⓚⓝⓔⓔ ᴋɴᴇᴇ", "knee knee knee knee"),
        ("VO₂max m² ½", "vo2max m2 1/2"),
        ("physio\u00adtherapy kn\u200bee \ufeffhip\u2060 \u202eback\u202c \u2066a\u2069\u034f", "physiotherapy knee hip back a"),
        ("5\u00a0kg\u202f“no pain” ‘ok’ 3–5 ‐‑—", "5 kg \"no pain\" 'ok' 3-5 ---"),
        ("don’t don´t donʼt", "don't don't don't"),
        ("٤٥ ४५", "45 45"),
        ("הַבְּרֵך", "הברך"),
        ("رُكْبَة ركـــبة ركبه", "ركبه ركبه ركبه"),
        ("أَلَم آلام إصابة", "الم الام اصابه"),
        ("المستشفى فارسی گھٹنہ", "المستشفي فارسي گھٹنه"),
        ("ёлка", "елка"),
        ("घुटने का दर्द", "घुटने का दर्द"),
        ("เจ็บเข่า", "เจ็บเข่า"),
        ("がん", "がん"),
    ],
)  # fmt: skip
def test_spellings_of_the_same_word_become_equal(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text() | TEXTS)
def test_plain_characters_fold_apart_from_the_others(text: str) -> None:
    assert fold(text) == _fold_any(text)


@given(TEXTS)
def test_case_changes_nothing(text: str) -> None:
    assert fold(text.upper().lower()) == fold(text.upper())


@given(TEXTS, st.integers(0), st.integers(1, 20))
@example("\U0001e4f0", 0, 1)  # a digit that is newer than most
@example("0 \u200b 0", 0, 4)
@example("\ua620", 0, 1)  # a digit of a script between the blocks
@example("骨", 0, 1)
@example("\U00010781", 0, 1)  # modifier letters, capitals and compatibility forms beyond the first plane
@example("𐐀", 0, 1)
@example("\U0001ee00", 0, 1)
@example("\U0002f800", 0, 1)
def test_the_pattern_finds_every_part_of_a_folded_text(text: str, start: int, length: int) -> None:
    # Rows of characters that stand for several, such as fractions, overlap more than the pattern follows.
    assume(all(len(fold(pair[0])) == 1 or len(fold(pair[1])) == 1 for pair in pairwise(text)))
    folded = fold(text)
    start %= len(folded) + 1
    assert re.search(folded_pattern(folded[start : start + length]), text)


@given(TEXTS, TEXTS)
def test_the_pattern_finds_no_text_without_the_words(text: str, other: str) -> None:
    words = "".join(fold(other).split())
    if words.isascii() and re.search(folded_pattern(words), text):
        assert words in fold(text)
