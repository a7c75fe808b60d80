"""Searches find words however they are written, on SQLite and PostgreSQL alike, and mark them in the original text."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import html

from blog.models import Post
from search.engine import search
from search.queries import MAX_LENGTH, Query
from tests.factories import make_post
from tests.fuzzing import examples

pytestmark = pytest.mark.django_db

LETTERS = st.text(st.characters(categories=["L", "M", "Nd", "Cf", "Sm", "Pd", "Po", "Zs"]), min_size=1, max_size=12)
PIECES = st.one_of(
    LETTERS, st.sampled_from(["knee", "warm-up", "膝の痛み", "Fuß", "don’t", "4.5kg", "เจ็บเข่า", "VO₂max", "घुटने"])
)
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map(" ".join)


def found(text: str) -> list[str]:
    """Return the titles of posts that contain all of `text`, best first."""
    results = search(Query.parse(text))
    return [] if results.is_partial else [str(hit.document) for hit in results.hits]


def marked(text: str) -> list[str]:
    """Return the parts of the first excerpt that are marked."""
    excerpt = search(Query.parse(text)).hits[0].excerpt
    return [str(mark.text_content()) for mark in html.fragment_fromstring(f"<p>{excerpt}</p>").iter("mark")]


@pytest.mark.parametrize(
    ("body", "text", "mark"),
    [
        ("Hold 5&nbsp;kg “no pain” ‘ok’ 3–5 times.", "5 kg", "5"),
        ("Hold 5&nbsp;kg “no pain” ‘ok’ 3–5 times.", "5kg", "5 kg"),
        ("Hold 5&nbsp;kg “no pain” ‘ok’ 3–5 times.", '"no pain"', "no pain"),
        ("Hold 5&nbsp;kg “no pain” ‘ok’ 3–5 times.", "'ok'", "ok"),
        ("Hold 5&nbsp;kg “no pain” ‘ok’ 3–5 times.", "3-5", "3–5"),
        ("About physio\u00adtherapy.", "physiotherapy", "physio\u00adtherapy"),
        ("About physiotherapy.", "physio\u00adther\u200bapy\ufeff", "physiotherapy"),
        ("Run\u202aners\u202c knee.", "runners", "Runners"),
        ("By Bjørn.", "bjorn", "Bjørn"),
        ("By bjorn.", "BJØRN", "bjorn"),
        ("By Łukasz.", "lukasz", "Łukasz"),
        ("Der Fuß.", "fuss", "Fuß"),
        ("Der FUSS.", "fuß", "FUSS"),
        ("By Æsop.", "aesop", "Æsop"),
        ("Un œdème.", "oedeme", "œdème"),
        ("Un oede\u0301me.", "œdème", "oede\u0301me"),
        ("The ﬂexor.", "flexor", "ﬂexor"),
        ("The ＡＣＬ.", "ACL", "ＡＣＬ"),
        ("The 𝐊𝐧𝐞𝐞.", "knee", "𝐊𝐧𝐞𝐞"),
        ("İstanbul ısı.", "istanbul isi", "İstanbul"),
        ("膝の痛みを和らげる運動。", "痛み", "痛み"),
        ("膝の痛みを和らげる運動。", "痛みを和らげる", "痛みを和らげる"),
        ("膝の痛みを和らげる運動。", "膝", "膝の"),
        ("膝の痛みを和らげる運動。", "動", "動"),
        ("腰痛的锻炼方法", "锻炼", "锻炼"),
        ("ACLの痛み。", "ACLの痛み", "ACLの痛み"),
        ("ｶﾞﾝの話。", "ガン", "ｶﾞﾝ"),
        ("무릎이 아파요.", "무릎", "무릎"),
        ("เจ็บเข่าเวลาขึ้นบันได", "เข่า", "เข่า"),
        ("घुटने का दर्द।", "घुटने", "घुटने"),
        ("كسر الرُّكْبَة.", "الركبة", "الرُّكْبَة"),
        ("كسر الرُّكْبَة.", "ركبه", "الرُّكْبَة"),
        ("الألم بالظهر.", "الظهر", "بالظهر"),
        ("تمارين للركبة.", "ركبة", "للركبة"),
        ("ألم في المستشفى.", "مستشفي", "المستشفى"),
        ("درد زانوی راست.", "زانوي", "زانوی"),
        ("כאב בברך.", "כאב", "כאב"),
        ("ΠΟΝΟΣ ΣΤΗ ΜΕΣΗ.", "μέση", "ΜΕΣΗ"),
        ("Боль в колене.", "КОЛЕНЕ", "колене"),
        ("Đau lưng dưới.", "lung", "lưng"),
        ("Diz ağrısı.", "AĞRISI", "ağrısı"),
        ("የጉልበት ህመም።", "የጉልበት", "የጉልበት"),
        ("ເຈັບຫົວເຂົ່າ", "ຫົວເຂົ່າ", "ຫົວເຂົ່າ"),
        ("ការឈឺជង្គង់", "ជង្គង់", "ជង្គង់"),
        ("முழங்கால் வலி.", "முழங்கால்", "முழங்கால்"),
        ("A physiotherapist.", "physio", "physiotherapist"),
        ("A tendinopathy.", "tendino", "tendinopathy"),
        ("The diagnoses.", "diagnosis", "diagnoses"),
        ("The diagnosis.", "diagnoses", "diagnosis"),
        ("The diagnosis.", "diagnosi", "diagnosis"),
        ("Two crises.", "crisis", "crises"),
        ("Some analyses.", "analysis", "analyses"),
        ("Both calves.", "calf", "calves"),
        ("My feet.", "foot", "feet"),
        ("The vertebrae.", "vertebra", "vertebrae"),
        ("A warm-up.", "warmup", "warm-up"),
        ("A warm‑up.", "warmups", "warm‑up"),
        ("A warm-up.", "warm up", "warm-up"),
        ("A warmup.", "warm-up", "warmup"),
        ("A warm-up.", "warmu", "warm-up"),
        ("I don’t.", "dont", "don’t"),
        ("The therapists.", "therapist's", "therapists"),
        ("Your VO<sub>2</sub>max.", "VO2max", "VO2max"),
        ("Your VO₂ max.", "vo2max", "VO₂ max"),
        ("See https://pubmed.ncbi.nlm.nih.gov/1/.", "pubmed", "pubmed"),
        ("See https://pubmed.ncbi.nlm.nih.gov/1/.", "pubmed.ncbi.nlm.nih.gov", "pubmed.ncbi.nlm.nih.gov"),
        ("Write to help@clinic.example.org.", "help@clinic.example.org", "help@clinic.example.org"),
        ("Lift 4.5kg.", "4.5kg", "4.5kg"),
        ("Lift 4.5 kg.", "4.5kg", "4.5 kg"),
        ("Page ٤٥.", "45", "٤٥"),
        ("COVID-19 and L4/L5.", "covid19", "COVID-19"),
    ],
)  # fmt: skip
def test_a_word_is_found_and_marked_however_it_is_written(body: str, text: str, mark: str) -> None:
    make_post(title="It", body=f"<p>Some words before.</p><p>{body}</p>")
    make_post(title="Other", body="<p>Nothing of it.</p>")
    assert found(text) == ["It"]
    assert marked(text)[0] == mark


def test_words_that_begin_with_a_term_rank_below_whole_words_and_then_by_title() -> None:
    make_post(title="Physiotherapy", body="<p>Exercises.</p>")
    make_post(title="In the text", body="<p>A physiotherapist.</p>")
    make_post(title="Whole", body="<p>Your physio says so.</p>")
    assert found("physio") == ["Whole", "Physiotherapy", "In the text"]


def test_the_beginning_of_each_term_is_found_but_not_of_quoted_phrases_short_words_or_numbers() -> None:
    make_post(title="It", body="<p>Tendinopathy after 1000 heel raises in the morning.</p>")
    assert found("tendino morn") == ["It"]
    assert found("tendino -rais") == ["It"]
    assert found("tendino -raises") == []
    assert found('"heel rais"') == found("mo") == found("100") == []


def test_a_word_at_any_place_of_a_long_text_is_marked_with_what_surrounds_it() -> None:
    words = " ".join(f"filler{number % 7}" for number in range(5000))
    make_post(body=f"<p>{words} before the meniscus after {words}</p>")
    excerpt = search(Query.parse("meniscus")).hits[0].excerpt
    assert "before the <mark>meniscus</mark> after" in excerpt
    assert len(excerpt) < 300


def test_the_excerpt_is_where_most_terms_are() -> None:
    make_post(body="<p>A knee.</p><p>Stairs.</p><p>The <b>knee</b> on stairs hurts.</p>")
    assert "The <mark>knee</mark> on <mark>stairs</mark> hurts" in search(Query.parse("stairs knee")).hits[0].excerpt


def test_a_long_text_without_spaces_is_saved_and_its_beginning_is_found() -> None:
    ideographs = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(250_000))
    make_post(title="It", body=f"<p>膝の痛み{ideographs}</p>", tags=["Knie"])
    assert found("痛み") == found("knie") == ["It"]


def test_a_query_cut_in_a_word_finds_the_words_before() -> None:
    make_post(title="It", body=f"<p>{'stairs ' * 60}</p>")
    assert found("stairs " * (MAX_LENGTH // 7) + "stairs") == ["It"]
    make_post(title="Long", body=f"<p>{'a' * 500}</p>")
    assert found("a" * 500) == ["Long"]


@given(TEXTS, st.integers(0))
@example("ß\u0345 ﬁ", 0)
@example("a\u200d b", 0)
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_word_copied_from_a_title_finds_it(title: str, number: int) -> None:
    post = Post.objects.filter(slug="it").first() or make_post(slug="it")
    post.title = title[:200]
    post.save()
    words = title.split()
    word = words[number % len(words)] if words else ""
    query = Query.parse(f'"{word}"' if '"' not in word else word)
    if query.terms:
        results = search(query)
        assert [hit.document.pk for hit in results.hits] == [post.pk]
        assert not results.is_partial


@given(TEXTS)
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_excerpt_changes_nothing_but_adds_marks(text: str) -> None:
    post = Post.objects.filter(slug="it").first() or make_post(slug="it", title="It")
    post.body = f"<p>meniscus {re.sub('[<>&]', ' ', text)}</p>"
    post.save()
    (hit,) = search(Query.parse("meniscus")).hits
    shown = html.fragment_fromstring(f"<p>{hit.excerpt}</p>").text_content().strip("… ")
    assert shown.startswith("meniscus")
    assert " ".join(shown.split()) in " ".join(post.plain_text().split())
