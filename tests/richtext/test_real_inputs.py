"""What authors bring from elsewhere keeps its meaning: numbering, spaces, quotations, formulas and wrapped links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from newsletter.html_to_text import html_to_text
from richtext.analysis import analyze, plain_text
from richtext.links import unwrap
from richtext.lists import MAX_NUMBER, numbers, parse_number
from richtext.sanitizer import sanitize
from tests.factories import make_post

SHOP_URL = "https://www.amazon.com/dp/B000000001"


@pytest.mark.parametrize(
    ("markup", "stored"),
    [
        ('<ol start="NaN"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start="abc"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start="1."><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol start=" 3."><li>a</li></ol>', '<ol start="3"><li>a</li></ol>'),
        ('<ol start="-2"><li>a</li></ol>', '<ol start="-2"><li>a</li></ol>'),
        ('<ol start="99999999999999999999"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol type="a"><li>a</li></ol>', '<ol type="a"><li>a</li></ol>'),
        ('<ol type="I"><li>a</li></ol>', '<ol type="I"><li>a</li></ol>'),
        ('<ol type="1"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol type="disc"><li>a</li></ol>', "<ol><li>a</li></ol>"),
        ('<ol style="list-style-type:lower-alpha"><li>a</li></ol>', '<ol type="a"><li>a</li></ol>'),
        ('<ol style="color: red; list-style: inside upper-roman"><li>a</li></ol>', '<ol type="I"><li>a</li></ol>'),
        ('<ol style="list-style-type:decimal" type="a"><li>a</li></ol>', '<ol type="a"><li>a</li></ol>'),
        ('<ol><li value="7">a</li><li value="x">b</li></ol>', '<ol><li value="7">a</li><li>b</li></ol>'),
    ],
)
def test_sanitizing_keeps_valid_numbering(markup: str, stored: str) -> None:
    assert sanitize(markup) == stored


@given(text=st.text(max_size=12) | st.integers().map(str))
def test_any_number_of_a_list_is_read_or_ignored(text: str) -> None:
    number = parse_number(text)
    assert number is None or abs(number) <= MAX_NUMBER
    assert html_to_text(f"<body>{sanitize(html_list(text))}</body>").endswith("word\n")


def html_list(start: str) -> str:
    element = html.fragment_fromstring("<ol><li>word</li></ol>")
    element.set("start", "".join(character for character in start if character.isprintable()))
    return html.tostring(element, encoding="unicode")


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<ol><li>x<li>x</ol>", ["1.", "2."]),
        ("<ol start=9><li>x<li>x</ol>", ["9.", "10."]),
        ("<ol type=a start=26><li>x<li>x</ol>", ["z.", "aa."]),
        ("<ol type=A><li value=703>x</ol>", ["AAA."]),
        ("<ol type=i start=3><li>x<li>x<li value=9>x</ol>", ["iii.", "iv.", "ix."]),
        ("<ol type=I start=39><li>x<li>x</ol>", ["XXXIX.", "40."]),
        ("<ol type=a start=0><li>x<li>x</ol>", ["0.", "a."]),
        ("<ol reversed><li>x<li>x</ol>", ["2.", "1."]),
        ("<ol reversed start=10><li>x<li value=4>x<li>x</ol>", ["10.", "4.", "3."]),
    ],
)
def test_items_are_numbered_as_in_a_browser(markup: str, expected: list[str]) -> None:
    assert numbers(html.fragment_fromstring(markup)) == expected


def test_numbers_appear_in_the_text_of_an_email() -> None:
    text = html_to_text('<body><ol type="a" start="2"><li>Warm up</li><li value="7">Stretch</li></ol></body>')
    assert text == "b. Warm up\ng. Stretch\n"


def test_line_break_in_a_heading_is_a_space_in_the_contents_and_the_id() -> None:
    stored = sanitize("<h2>Knee pain<br>and <em>st</em>airs</h2>")
    assert stored == '<h2 id="knee-pain-and-stairs">Knee pain<br>and <em>st</em>airs</h2>'
    assert [heading.text for heading in analyze(stored).headings] == ["Knee pain and stairs"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One\xa0two\xa0three <em>four\xa0five</em>\xa0six</p>", "One two three four five six"),
        ("<li>Lift\xa0the\xa0heel\xa0for\xa05\xa0seconds</li>", "Lift the heel for\xa05\xa0seconds"),
        ("<p>Lift 5\xa0kg with Dr.\xa0Ana López</p>", "Lift 5\xa0kg with Dr.\xa0Ana López"),
        ("<h2>10\xa0000\xa0000\xa0steps</h2>", "10\xa0000\xa0000\xa0steps"),
        ("<p>two\xa0 spaces \xa0here</p>", "two spaces here"),
        ("<td>a</td>", "a"),
    ],
)
def test_no_break_spaces_between_all_words_become_ordinary(markup: str, text: str) -> None:
    stored = sanitize(markup)
    assert "".join(html.fragment_fromstring(stored, create_parent="div").itertext()) == text
    assert sanitize(stored) == stored


@pytest.mark.parametrize(
    ("markup", "stored"),
    [
        ("<p>Say <q>hold it</q> now</p>", "<p>Say “hold it” now</p>"),
        ("<p><q>hold <q>it</q></q></p>", "<p>“hold ‘it’”</p>"),
        ("<p><q><em>hold</em> it</q></p>", "<p>“<em>hold</em> it”</p>"),
        ("<p>x<math><msup><mi>x</mi><mn>2</mn></msup></math></p>", "<p>xx<sup>2</sup></p>"),
        ("<p><math><msub><mi>v</mi><mn>1</mn></msub></math></p>", "<p>v<sub>1</sub></p>"),
        (
            "<p><math><msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup></math></p>",
            "<p>x<sub>1</sub><sup>2</sup></p>",
        ),
        (
            "<p><math><mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac></math></p>",
            "<p>(a+1)/2</p>",
        ),
        ("<p><math><msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt></math></p>", "<p>√(x+1)</p>"),
        ("<p><math><mroot><mi>x</mi><mn>3</mn></mroot></math></p>", "<p><sup>3</sup>√x</p>"),
        (
            "<p><math><semantics><mi>x</mi><annotation>\\frac</annotation></semantics></math></p>",
            "<p>x</p>",
        ),
        ("<p><math><mfrac><mi>a</mi>word<mi>b</mi></mfrac></math></p>", "<p>aword/b</p>"),
        ("<p><math><mfrac></mfrac><msup></msup><msqrt></msqrt>x</math></p>", "<p>√x</p>"),
    ],
)
def test_quotations_and_formulas_keep_their_meaning(markup: str, stored: str) -> None:
    assert sanitize(markup) == stored
    assert sanitize(stored) == stored


@given(
    parts=st.lists(
        st.sampled_from(
            ["<math>", "</math>", "<msup>", "</msup>", "<mfrac>", "</mfrac>", "<msqrt>", "<mroot>", "<mi>x</mi>", "<q>"]
            + ["</q>", "<ol type=a start=3.>", "<li value=4>", "<p>", "\xa0", "word", "<h2>", "<br>", "<table>", "<td>"]
        ),
        max_size=25,
    )
)
def test_any_mixture_is_stable_and_keeps_its_words(parts: list[str]) -> None:
    stored = sanitize("".join(parts))
    assert sanitize(stored) == stored
    assert plain_text(stored).count("word") == parts.count("word")


@pytest.mark.parametrize(
    ("wrapped", "target"),
    [
        (f"https://www.google.com/url?q={SHOP_URL}&sa=D", SHOP_URL),
        ("https://google.co.uk/url?sa=t&url=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1", "https://example.org/a?b=1"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Famzn.to%2Fx&h=AT0", "https://amzn.to/x"),
        ("https://l.instagram.com/?u=https%3A%2F%2Fexample.org&e=1", "https://example.org"),
        (
            "https://www.youtube.com/redirect?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Fa.example",
            "https://a.example",
        ),
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org&data=x", "https://example.org"),
        ("https://out.reddit.com/t3_abc?url=https%3A%2F%2Fexample.org&token=x", "https://example.org"),
        *(
            (url, url)
            for url in (
                "https://www.google.com/search?q=https://example.org",
                "https://www.google.com/url?q=javascript:alert(1)",
                "https://www.google.com/url?q=/relative",
                "https://notfacebook.com/l.php?u=https://example.org",
                "https://facebook.com.example.org/l.php?u=https://a.example",
                "/stairs/?u=https://example.org",
                "mailto:sam@example.org?subject=https://example.org",
                "https://[/?q=x",
            )
        ),
    ],
)
def test_wrapped_links_lead_to_their_target(wrapped: str, target: str) -> None:
    assert unwrap(wrapped) == target


def test_a_loop_of_wrapped_links_ends() -> None:
    url = "https://example.org/"
    for _ in range(50):
        url = f"https://l.facebook.com/l.php?u={url}"
    assert unwrap(url).startswith("https://")


def test_sanitizing_unwraps_links() -> None:
    stored = sanitize(f'<p><a href="https://www.google.com/url?q={SHOP_URL}&amp;sa=D">A roller</a></p>')
    assert stored == f'<p><a href="{SHOP_URL}">A roller</a></p>'


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_letters_and_roman_numbers_are_shown_on_the_page(page: Page, live_server: LiveServer) -> None:
    body = sanitize(
        '<ol type="a"><li>a</li></ol><ol type="A"><li>b</li></ol><ol type="I"><li>c</li></ol><ol><li>d</li></ol>'
    )
    post = make_post(body=body)
    page.goto(live_server.url + post.get_absolute_url())
    markers = page.locator(".prose > ol > li").evaluate_all(
        "items => items.map(item => [getComputedStyle(item).listStyleType, getComputedStyle(item, '::before').content])"
    )
    assert markers[:3] == [["lower-alpha", "none"], ["upper-alpha", "none"], ["upper-roman", "none"]]
    assert markers[3] == ["none", "counter(list-item)"]
