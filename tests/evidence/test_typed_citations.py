"""Typed and copied citations give the record they were made from, and are written again in the site's style."""

import re
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from evidence.citations.formatting import format_ama, format_pubmed
from evidence.citations.reading import MAX_LENGTH, UnreadableError, read_references, split_citations
from evidence.citations.record import Name, Record, full_range, short_range
from evidence.citations.typed import parse_typed
from tests.evidence.oracle import render_citation
from tests.evidence.records import RECORDS

STYLES = (  # noqa: SIM905 - shorter than a list
    "american-medical-association apa biomed-central bmj cell elsevier-harvard elsevier-vancouver frontiers"
    " harvard-cite-them-right nature nlm-citation-sequence plos springer-basic-author-date springer-vancouver"
    " the-lancet the-new-england-journal-of-medicine ieee chicago-author-date"
).split()
PUBMED = (
    "Hayden JA, Ellis J, Ogilvie R, Malmivaara A, van Tulder MW. Exercise therapy for chronic low back pain."
    " Cochrane Database Syst Rev. 2021 Sep 28;9(9):CD009790. doi: 10.1002/14651858.CD009790.pub2. PMID: 34580864;"
    " PMCID: PMC8477273."
)


def plain(text: str) -> str:
    """Return the words of `text`, without the case and the marks that styles change."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def is_shown(value: str, citation: str) -> bool:
    return bool(value) and re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", citation) is not None


def right_fields(truth: dict[str, Any], citation: str) -> dict[str, bool]:
    """Return whether each field that `citation` shows was read rightly."""
    found = parse_typed(citation)
    families = [plain(name.get("family") or name["literal"]) for name in truth["author"]]
    shown = [plain(name.family) for name in found.authors]
    right = {
        "authors": shown == (families[: len(shown)] if found.has_more_authors else families) and bool(shown),
        "title": plain(found.title) == plain(truth["title"]),
        "year": found.year == truth["issued"]["date-parts"][0][0],
        "journal": plain(found.container) in {plain(truth["container-title"]), plain(truth["container-title-short"])},
        "pages": found.pages == truth["page"],
    }
    issue = truth.get("issue", "")
    numbers = citation.replace(truth.get("DOI", "-"), "")
    if issue and re.search(rf"(?:\(|no\. |nos\. ){re.escape(issue)}\b", numbers):
        right["issue"] = found.issue == issue
    if is_shown(truth["volume"], citation):
        right["volume"] = found.volume == truth["volume"]
    if is_shown(truth.get("DOI", ""), citation):
        right["DOI"] = found.doi == truth["DOI"]
    return right


@pytest.mark.parametrize("style", STYLES)
def test_citations_in_a_style_of_medicine_are_read(style: str) -> None:
    right, total = Counter[str](), Counter[str]()
    for truth in RECORDS:
        for name, is_right in right_fields(truth, render_citation(style, truth)).items():
            total[name] += 1
            right[name] += is_right
    assert total["title"] == len(RECORDS)
    assert {name: right[name] for name in total if right[name] < 0.95 * total[name]} == {}


@pytest.mark.parametrize("truth", RECORDS, ids=lambda record: record["id"])
def test_ama_is_written_as_by_citeproc(truth: dict[str, Any]) -> None:
    # citeproc-py sets a period after a question mark, which AMA does not.
    expected = render_citation("american-medical-association", truth).replace("?.", "?")
    assert format_ama(Record.from_csl(truth)) == expected
    assert format_ama(parse_typed(expected)) == expected
    own = Record.from_csl(truth).to_csl()
    assert render_citation("american-medical-association", own).replace("?.", "?") == expected


@pytest.mark.parametrize("truth", RECORDS, ids=lambda record: record["id"])
def test_a_citation_in_the_form_of_pubmed_is_written_again_unchanged(truth: dict[str, Any]) -> None:
    citation = format_pubmed(Record.from_csl(truth | {"PMID": "12345678"}))
    assert format_pubmed(parse_typed(citation)) == citation


def test_a_citation_copied_from_pubmed_gives_every_field() -> None:
    record = parse_typed(PUBMED)
    assert record.authors[0] == Name("Hayden", "J. A.")
    assert record.authors[-1] == Name("van Tulder", "M. W.")
    assert record.title == "Exercise therapy for chronic low back pain"
    assert record.container == "Cochrane Database Syst Rev"
    assert (record.year, record.month, record.day) == (2021, 9, 28)
    assert (record.volume, record.issue, record.pages) == ("9", "9", "CD009790")
    assert (record.doi, record.pmid, record.pmcid) == ("10.1002/14651858.CD009790.pub2", "34580864", "PMC8477273")
    assert record.typed == format_pubmed(record) == PUBMED
    group = "Li Q, Wu XY; Guidelines Committee of the College. Pain. Ann Intern Med. 2017 Apr 4;166(7):514-30."
    assert format_pubmed(parse_typed(group)) == group


@pytest.mark.parametrize(
    ("citation", "title", "container"),
    [
        ("Sarcopenia. Lancet. 2019;393(10191):2636-2646.", "Sarcopenia", "Lancet"),
        (
            "Smith J, Doe A. Gait retraining. J. Orthop. Sports Phys. Ther. 2018;48(1):1-9.",
            "Gait retraining",
            "J. Orthop. Sports Phys. Ther",
        ),
        ("Smith J. Tendons, vol. 2. J Bone Joint Surg Am. 2001;83(2):1-3.", "Tendons, vol. 2", "J Bone Joint Surg Am"),
        (
            "Marlene Fransen, Sara McConnell (2015). Exercise for the knee. Cochrane Library, 1(2), 3-4.",
            "Exercise for the knee",
            "Cochrane Library",
        ),
    ],
)
def test_unusual_citations_are_read(citation: str, title: str, container: str) -> None:
    record = parse_typed(citation)
    assert (record.title, record.container) == (title, container)


def test_a_range_of_pages_is_completed_and_shortened() -> None:
    assert [full_range(pages) for pages in ("1011–22", "e316–29", "S1-S9", "373-390", "9-14", "CD004376")] == [
        "1011-1022",
        "e316-e329",
        "S1-S9",
        "373-390",
        "9-14",
        "CD004376",
    ]
    assert [short_range(pages) for pages in ("1011-1022", "373-390", "9-14", "e316-e329")] == [
        "1011-22",
        "373-90",
        "9-14",
        "e316-29",
    ]


@pytest.mark.parametrize(
    "pasted",
    ["34580864", "PMID: 34580864", "https://pubmed.ncbi.nlm.nih.gov/34580864/", "pubmed.ncbi.nlm.nih.gov/34580864"],
)
def test_a_pubmed_number_is_recognized(pasted: str) -> None:
    assert read_references(pasted) == [Record(pmid="34580864")]


@pytest.mark.parametrize(
    "pasted",
    [
        "10.1056/NEJMoa1305189",
        "doi:10.1056/NEJMoa1305189",
        "https://doi.org/10.1056/NEJMoa1305189",
        "http://dx.doi.org/10.1056%2FNEJMoa1305189.",
    ],
)
def test_a_doi_is_recognized(pasted: str) -> None:
    assert read_references(pasted) == [Record(doi="10.1056/NEJMoa1305189")]


def test_numbered_lists_paragraphs_and_lines_are_several_references() -> None:
    first, second = "Li Q. One. Pain. 2001;1(1):1-2.", "Wu X. Two. Pain. 2002;2(2):3-4."
    for text in (
        f"1. {first}\n2. {second}",
        f"{first}\n\n{second}",
        f"{first}\n{second}",
        f"[1] {first}\n[2] {second}",
    ):
        assert [record.title for record in read_references(text)] == ["One", "Two"], text
    broken = "1. Li Q. One and\nmore. Pain.\n2001;1(1):1-2.\n2. Wu X. Two. Pain. 2002;2(2):3-4."
    assert [record.title for record in read_references(broken)] == ["One and more", "Two"]
    assert split_citations("Li Q. One\nand more. Pain. 2001;1(1):1-2.") == ["Li Q. One and more. Pain. 2001;1(1):1-2."]


RIS = """TY  - JOUR
AU  - Li, Qiang
AU  - van Wu, X. Y.
TI  - One title
JO  - Pain
PY  - 2001/03/04
VL  - 1
IS  - 2
SP  - 1011
EP  - 22
DO  - https://doi.org/10.1000/abc
ER  -
"""
BIBTEX = r"""@article{li2001, author = {Li, Qiang and Garc{\'i}a, Jos{\'e} and others}, title = "{One} title",
  journal={Pain}, year=2001, month=mar, volume = {1}, number={2}, pages={1011--1022}, doi={10.1000/abc}}"""
NBIB = """PMID- 11111111
TI  - One title
      on two lines.
FAU - Li, Qiang
JT  - Pain
TA  - Pain
DP  - 2001 Mar 4
VI  - 1
IP  - 2
PG  - 1011-22
LID - 10.1000/abc [doi]
"""


@pytest.mark.parametrize("text", [RIS, BIBTEX, NBIB])
def test_exports_are_read(text: str) -> None:
    [record] = read_references(text)
    assert record.title.startswith("One title")
    assert record.authors[0] == Name("Li", "Qiang")
    assert (record.year, record.month, record.volume, record.issue) == (2001, 3, "1", "2")
    assert (record.pages, record.doi, record.container) == ("1011-1022", "10.1000/abc", "Pain")


MACROS = r"""@string{jospt = "Journal of Orthopaedic \& Sports Physical Therapy"}
@comment{ignored, title = {x}}
@Article(willy, Author = "Richard W. Willy and de Vos, Robert-Jan and {World Health Organization and Friends}
  and Ludwig van Beethoven and Smith, Jr, John", title = {{P}ain: \emph{a} $\alpha$-review of {\"O}berg~et al.},
  journal = jospt # " (JOSPT)", date = {2019-09-03}, pages = {CPG1--CPG95}, note = {PMID: 31475628},
  url = {https://doi.org/10.1000/abc})
@online{cdc, author = {{Centers for Disease Control}}, title = {Falls}, year = 2024, month = 5, url = {https://cdc.gov/f}}"""
LOOSE_RIS = """Provider: A database
Content: application/x-research-info-systems

TY  - JOUR
T1  - Pain and fear.
AU  - Li QX
AU  - Smith, John, Jr
PY  - 2000
DA  - 2000/04/01/
JF  - Pain
SP  - 317
EP  - 332
UR  - https://pubmed.ncbi.nlm.nih.gov/10781906/
TY  - EBOOK
TI  - Without an end of the first
Y1  - 2001///
ET  - 2
N1  - doi:10.1000/xyz PMID: 22222222
"""


def test_macros_joined_values_and_groups_of_bibtex_are_read() -> None:
    article, page = read_references(MACROS)
    assert article.container == "Journal of Orthopaedic & Sports Physical Therapy (JOSPT)"
    assert article.title == "Pain: a α-review of Öberg et al"
    assert article.authors == (
        Name("Willy", "Richard W."),
        Name("de Vos", "Robert-Jan"),
        Name("World Health Organization and Friends"),
        Name("van Beethoven", "Ludwig"),
        Name("Smith", "John"),
    )
    assert (article.year, article.month, article.day, article.pages) == (2019, 9, 3, "CPG1-CPG95")
    assert (article.doi, article.pmid, article.url) == ("10.1000/abc", "31475628", "")
    assert (page.kind, page.authors, page.month) == ("webpage", (Name("Centers for Disease Control"),), 5)


def test_ris_with_a_preface_and_without_ends_is_read() -> None:
    article, book = read_references(LOOSE_RIS.replace("\n", "\r\n"))
    assert article.authors == (Name("Li", "Q. X."), Name("Smith", "John"))
    assert (article.title, article.year, article.month, article.day) == ("Pain and fear", 2000, 4, 1)
    assert (article.pages, article.pmid) == ("317-332", "10781906")
    assert (book.kind, book.title, book.year) == ("book", "Without an end of the first", 2001)
    assert (book.edition, book.doi, book.pmid) == ("2", "10.1000/xyz", "22222222")


def test_several_identifiers_in_one_line_are_several_references() -> None:
    found = read_references("34580864, https://doi.org/10.1000/abc; 28192789")
    assert found == [Record(pmid="34580864"), Record(doi="10.1000/abc"), Record(pmid="28192789")]
    summary = "1: Li Q. One. Pain. 2001;1(1):1-2. PMID: 11111111.\n\n2: Wu X. Two. Pain. 2002;2(2):3-4."
    assert [(record.title, record.pmid) for record in read_references(summary)] == [("One", "11111111"), ("Two", "")]


def test_accents_and_further_authors_of_bibtex_are_read() -> None:
    [record] = read_references(BIBTEX)
    assert record.authors[1] == Name("García", "José")
    assert record.has_more_authors


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "123456789012",
        "Knees are nice.",
        "x" * (MAX_LENGTH + 1),
        "TY  - ",
        "{",
        "[{]",
        "@article{",
        "word " * 1000,
    ],
)
def test_what_is_no_reference_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"[.]$"):
        read_references(text)


@pytest.mark.parametrize(
    "piece", ["a, ", "A. B. ", "1 ", "(2001). ", "Li Q, ", "10.1000/", "“", "; ", "et al. ", "van der "]
)
def test_long_texts_are_answered_fast(piece: str) -> None:
    start = time.perf_counter()
    parse_typed("2001 " + piece * 2000)
    with pytest.raises(UnreadableError):
        read_references(piece * 1_500_000)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "text",
    ["@a{b,c={" * 20_000, "TY  - JOUR\n" * 15_000, "@a{b,title=" + "a # " * 40_000, "@a{b,title={" + '\\"{' * 60_000],
)
def test_broken_exports_are_answered_fast(text: str) -> None:
    start = time.process_time()
    with suppress(UnreadableError):
        read_references(text[:MAX_LENGTH])
    assert time.process_time() - start < 2
