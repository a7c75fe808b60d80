"""Slugs keep the words of a title in any script, and every slug has a URL."""

import unicodedata
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import resolve, reverse
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import Author
from blog.models import Category, Post
from plaintext.slugs import UnicodeSlugFormField, is_slug, slugify, unused_slug
from tests.factories import make_post

TITLES = st.text(max_size=120) | st.lists(
    st.sampled_from(
        [
            "Knee",
            "pain—when",
            "घुटने",
            "का",
            "3–5/day",
            "What’s",
            "Über",
            "膝",
            "🏃",
            "-",
            "_",
            "İ",
            "\u00ad",
            "❤️",
            "5️⃣",
            "\u0301",
        ]
    )
).map(" ".join)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Knee pain—when to worry", "knee-pain-when-to-worry"),
        ("Sets & reps: 3–5/day", "sets-reps-3-5-day"),
        ("ACL/MCL tears", "acl-mcl-tears"),
        ("What’s next…and why", "whats-next-and-why"),
        ("Don't stop", "dont-stop"),
        ("घुटने का दर्द", "घुटने-का-दर्द"),
        ("เข่าเจ็บ", "เข่าเจ็บ"),
        ("膝の痛み：階段", "膝の痛み-階段"),
        ("physio\u00adtherapy", "physiotherapy"),
        ("İstanbul", "istanbul"),
        ("e\u0301te\u0301", "été"),
        ("ＡＣＬ", "acl"),
        ("snake_case", "snake_case"),
        ("🏃 – !", ""),
        ("👩🏽\u200d⚕️ tips ❤️", "tips"),
        ("5️⃣ moves ✌🏽", "5-moves"),
        ("\u0301knee – \u094dhip", "knee-hip"),
        ("___", ""),
    ],
)
def test_slug_of_a_title(title: str, slug: str) -> None:
    assert slugify(title, 200) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Knee—brace", "knee-brace"), ("Größe Łódź", "grosse-lodz"), ("Crème brûlée", "creme-brulee"), ("膝", "")],
)
def test_slug_in_ascii(name: str, slug: str) -> None:
    assert slugify(name, 200, ascii_only=True) == slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("strong ankles and knees", "strong-ankles-and"),
        ("strong ankles and kn", "strong-ankles-and-kn"),
        ("physiotherapeutically speaking", "physiotherapeuticall"),
        ("x" * 19 + "\u0928\u093f\u0928", "x" * 19),
    ],
)
def test_long_slug_ends_after_a_word_or_before_a_character_with_marks(title: str, slug: str) -> None:
    assert slugify(title, 20) == slug


@given(title=TITLES, max_length=st.integers(1, 60), ascii_only=st.booleans())
def test_slug_is_valid_stable_and_short(title: str, max_length: int, ascii_only: bool) -> None:
    slug = slugify(title, max_length, ascii_only=ascii_only)

    assert slug == "" or is_slug(slug)
    assert len(slug) <= max_length
    assert slugify(slug, max_length, ascii_only=ascii_only) == slug
    assert unicodedata.is_normalized("NFC", slug)
    assert not any(unicodedata.category(word[0])[0] == "M" for word in slug.split("-") if word)


def test_unused_slug_is_numbered() -> None:
    assert unused_slug("ana", {"ana", "ana-2"}.__contains__) == "ana-3"
    assert unused_slug("ana", set().__contains__) == "ana"


@pytest.mark.parametrize(
    ("typed", "slug"), [("my-Slug", "my-Slug"), ("Knee pain: 3–5", "knee-pain-3-5"), ("घुटने", "घुटने")]
)
def test_form_takes_text_that_is_no_slug(typed: str, slug: str) -> None:
    assert UnicodeSlugFormField(max_length=200).clean(typed) == slug


@pytest.mark.django_db
@given(title=TITLES.filter(lambda text: text.strip()) | st.sampled_from(["ADMIN", "Search", "Blog!", "Media"]))
@example("ADMIN")
def test_every_title_gives_a_path_that_answers(title: str) -> None:
    slug = Post(title=title).slug_from_title()

    assert is_slug(slug)
    assert resolve(unquote(reverse("document", args=[slug]))).kwargs == {"path": slug}


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["घुटने का दर्द", "เข่าเจ็บ", "Knee pain—when to worry", "🏃"])
def test_posts_categories_tags_and_authors_have_pages_in_any_script(client: Client, title: str) -> None:
    author = Author.objects.create(name=title, slug=slugify(title, 110) or "author")
    category = Category.objects.create(name=title)
    slug = Post(title=title).slug_from_title()
    post = make_post(title=title, slug=slug, author=author, tags=[title], categories=[category])

    for address in (post, category, author, post.tags.get()):
        assert client.get(address.get_absolute_url()).status_code == 200
        assert client.get(f"{category.get_absolute_url()}feed/").status_code == 200
