"""Home programs: one sheet as a page and as a tagged PDF file, made of data that never becomes markup."""

from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from lxml import html
from playwright.sync_api import Page
from pypdfium2 import raw

from blog.models import Post
from exercises.models import Exercise, Goal
from exercises.sheets import pdf, responses
from images.models import Image
from tests.exercises.factories import assign, embed, make_exercise
from tests.factories import make_image, make_post

pytestmark = pytest.mark.django_db
STEPS = (
    "Lie on your back, with your knees bent and your feet flat on the floor.\n"
    "Press your feet into the floor and lift your hips until your body is straight.\n"
    "Hold, and breathe as usual.\n"
    "Lower your hips slowly."
)
# In millimeters.
SIZES = {"a4": (210, 297), "letter": (215.9, 279.4)}


@pytest.fixture(autouse=True)
def no_stored_sheets() -> Iterator[None]:
    yield
    folders = default_storage.listdir("") if default_storage.exists("") else ([], [])
    if pdf.FOLDER in folders[0]:
        for name in default_storage.listdir(pdf.FOLDER)[1]:
            default_storage.delete(f"{pdf.FOLDER}/{name}")


def make_program(number: int = 4, **overrides: Any) -> list[Exercise]:
    images = (make_image(width=600, height=400), make_image(width=600, height=400))
    exercises = [make_exercise(**{"steps": STEPS, "images": images} | overrides) for _ in range(number)]
    make_post(slug="stairs", title="Hips for stairs", excerpt="Walk upstairs without a pause.", body=embed(*exercises))
    return exercises


def fetch(paper: str = "a4") -> pypdfium2.PdfDocument:
    response = Client().get(f"/stairs/home-program/{paper}.pdf")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    return pypdfium2.PdfDocument(response.content)


def text_of(document: pypdfium2.PdfDocument) -> str:
    return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in document)


@pytest.mark.parametrize("paper", pdf.PAPERS)
def test_four_exercises_fit_on_one_tagged_page_with_a_qr_code_to_the_post(paper: str) -> None:
    make_program()
    document = fetch(paper)
    assert len(document) == 1
    points = document[0].get_size()
    assert [round(size * 25.4 / 72, 1) for size in points] == pytest.approx(SIZES[paper], abs=0.3)
    assert raw.FPDFCatalog_IsTagged(document)
    image = document[0].render(scale=3).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(image)] == ["http://testserver/stairs/"]
    text = text_of(document)
    for words in (
        "Hips for stairs",
        "Aim: Walk upstairs",
        "3 sets of 10, hold 5 s, rest 30 s, once a day",
        "You need: A mat. Go slowly at first.",
        "Stop if the pain",
        "M T W T F S S",
    ):
        assert words in text
    assert document.get_metadata_value("Title") == "Hips for stairs"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in Client().get(f"/stairs/home-program/{paper}.pdf").content


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_four_exercises_are_printed_on_one_page(page: Page, paper: str) -> None:
    make_program()
    page.goto("/stairs/home-program/")
    document = pypdfium2.PdfDocument(page.pdf(format=paper))
    assert len(document) == 1
    text = text_of(document)
    assert text.startswith("Hips")
    assert text.count("Stop if") == 4
    assert text.endswith("/stairs/")


def test_no_text_is_smaller_than_12_points() -> None:
    make_program()
    page = fetch()[0]
    text_page = page.get_textpage()
    # Spaces and line breaks that the reader adds have no size.
    shown = [index for index in range(text_page.count_chars()) if not raw.FPDFText_IsGenerated(text_page, index)]
    sizes = {round(raw.FPDFText_GetFontSize(text_page, index), 1) for index in shown}
    assert min(sizes) >= 12


def test_input_never_becomes_template_code() -> None:
    attack = '#panic("x") #image("/etc/passwd") *a* $x$ #sys.inputs <label> @ref // `raw`'
    fields = dict.fromkeys(("name", "goal", "steps", "equipment", "cautions", "stop_if"), attack)
    make_program(1, **fields)
    Post.objects.update(title=attack, excerpt=attack)
    assert text_of(fetch()).count('#panic("x") #image("/etc/passwd") *a* $x$ #sys.inputs <label> @ref // `raw`') >= 5


def test_an_image_without_alternative_text_is_refused_with_a_sentence() -> None:
    exercise = make_program(1)[0]
    Image.objects.update(alt="", title="Hips up")
    response = Client().get("/stairs/home-program/a4.pdf")
    assert response.status_code == 409
    page: Any = html.fromstring(response.content)
    assert f"the image “Hips up” of “{exercise}” has no alternative text" in page.text_content()


def test_a_sheet_is_made_once_until_its_content_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compile_now = pdf._compile

    def count(data: dict[str, Any]) -> bytes:
        made.append(data["paper"])
        return compile_now(data)

    monkeypatch.setattr(pdf, "_compile", count)
    make_program(1)
    for paper in ("a4", "a4", "letter", "a4"):
        fetch(paper)
    assert made == ["a4", "us-letter"]
    Exercise.objects.update(sets=4)
    assert "4 sets" in text_of(fetch())
    assert made == ["a4", "us-letter", "a4"]


def test_one_network_cannot_have_any_number_of_sheets_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_MADE", 1)
    make_program(1)
    fetch("a4")
    response = Client().get("/stairs/home-program/letter.pdf")
    assert response.status_code == 429
    assert "Print the page instead" in response.content.decode()
    fetch("a4")


def test_old_sheets_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    make_program(1)
    fetch()
    assert pdf.delete_old() == 0
    monkeypatch.setattr(pdf, "MAX_AGE", -pdf.MAX_AGE)
    assert pdf.delete_old() == 1
    assert default_storage.listdir(pdf.FOLDER)[1] == []


def test_a_script_without_our_font_gives_a_sheet_or_a_sentence() -> None:
    make_program(1, name="गर्दन का व्यायाम", steps="ارفع وركيك ببطء.\n慢慢抬起臀部。")
    response = Client().get("/stairs/home-program/a4.pdf")
    assert response.status_code in (200, 409)
    assert response.status_code == 200 or "Print the page instead" in response.content.decode()


def test_the_page_shows_the_same_and_links_to_both_papers() -> None:
    exercises = make_program(4)
    page: Any = html.fromstring(Client().get("/stairs/home-program/").content)
    assert page.xpath("//h1/text()") == ["Hips for stairs"]
    assert len(page.xpath("//li[@class='sheet-exercise']")) == 4
    assert len(page.xpath("(//table)[1]//td")) == 7
    assert page.xpath("//a[contains(@href, '.pdf')]/@href") == [
        "/stairs/home-program/a4.pdf",
        "/stairs/home-program/letter.pdf",
    ]
    assert page.xpath("//*[@role='img']/@aria-label") == ["QR code that leads to http://testserver/stairs/"]
    assert not page.xpath("//*[contains(@class, 'plan-advice')]")
    assert exercises[0].dose.short in page.text_content()
    assert "noindex" in page.xpath("//meta[@name='robots']/@content")[0]
    make_post(slug="long", body=embed(*exercises, make_exercise(), make_exercise()))
    long: Any = html.fromstring(Client().get("/long/home-program/").content)
    assert "five exercises or fewer" in long.xpath("//*[@class='plan-advice']")[0].text_content()


def test_the_aim_is_the_goal_of_the_post_if_it_has_one() -> None:
    make_program(1)
    page: Any = html.fromstring(Client().get("/stairs/home-program/").content)
    assert "Aim: Walk upstairs without a pause." in " ".join(page.text_content().split())
    assign(Goal.objects.create(name="Climb stairs"), Post.objects.get())
    page = html.fromstring(Client().get("/stairs/home-program/").content)
    assert "Aim: Climb stairs." in " ".join(page.text_content().split())


def test_posts_without_exercises_and_drafts_have_no_sheet(admin_client: Client) -> None:
    make_post(slug="none", body="<p>x</p>")
    make_post(slug="only-drafts", body=embed(make_exercise(status="draft")))
    make_post(slug="draft", body=embed(make_exercise()), status=Post.Status.DRAFT, published_at=None)
    for slug in ("none", "only-drafts", "draft", "missing"):
        for path in ("", "a4.pdf"):
            assert Client().get(f"/{slug}/home-program/{path}").status_code == 404, slug
    assert Client().get("/draft/home-program/a3.pdf").status_code == 404
    response = admin_client.get("/draft/home-program/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


def test_a_post_with_exercises_links_to_its_sheet(client: Client) -> None:
    make_program(1)
    make_post(slug="none", body="<p>x</p>")
    assert 'href="/stairs/home-program/"' in client.get("/stairs/").content.decode()
    assert "home-program" not in client.get("/none/").content.decode()


def test_a_plan_becomes_a_sheet_in_its_order_without_ids_in_the_url() -> None:
    first, second = make_exercise(name="Bridge"), make_exercise(name="Hinge")
    url = reverse("exercises:my_plan_pdf", args=["letter"])
    headers = {"Origin": "http://testserver"}
    response = Client().post(url, {"e": f"{second.pk}-x-{first.pk}-{second.pk}-999999"}, headers=headers)
    document = pypdfium2.PdfDocument(response.content)
    text = text_of(document)
    assert text.index("1. Hinge") < text.index("2. Bridge")
    assert "My aim:" in text
    image = document[0].render(scale=3).to_pil()
    assert zxingcpp.read_barcodes(image)[0].text == f"http://testserver/my-plan/#{second.pk}-{first.pk}"
    assert not response.cookies
    assert Client().get(url, {"e": first.pk}).status_code == 405
    assert Client().post(url, {"e": first.pk}, headers={"Origin": "https://other.example"}).status_code == 403
    for nonsense in ("", "abc", "9" * 5000, "-".join(["1"] * 5000)[:9000].replace("1", "0")):
        assert Client().post(url, {"e": nonsense}, headers=headers).status_code == 404
