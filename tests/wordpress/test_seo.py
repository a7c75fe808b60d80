"""Test the SEO settings that plugins stored: read, expanded and never shown raw."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Post
from tests.wordpress.exports import HEAD, TAIL, Writer, all_rows, item
from tests.wordpress.test_media import attachment
from tests.wordpress.uploads import write_uploads
from wordpress.php_values import parse_php, strings_in
from wordpress.seo_variables import expand_variables

pytestmark = pytest.mark.django_db


def meta(**values: str) -> str:
    fields = (
        f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
        for key, value in values.items()
    )
    return "".join(fields)


VALUES = {"title": "Knee pain", "site": "Clinic", "excerpt": "Short.", "category": "Knees"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("%%title%% %%page%% %%sep%% %%sitename%%", "Knee pain - Clinic"),
        ("%title% %sep% %sitename%", "Knee pain - Clinic"),
        ("#post_title #separator_sa #site_title", "Knee pain - Clinic"),
        ("Help for %%title%% | %%ct_unknown%%", "Help for Knee pain"),
        ("%%unknown%% %%sep%% %%title%% %%sep%%", "Knee pain"),
        ("%customfield(price)% for %title%", "9 € for Knee pain"),
        ("%%cf_price%%", "9 €"),
        ("#running helps. #custom_field-price", "#running helps. 9 €"),
        ("Save 50% on 20% of all", "Save 50% on 20% of all"),
        ("A pair of %% alone", "A pair of alone"),
        ("%%TITLE%%: %%primary_category%%", "Knee pain: Knees"),
        ("Ends with a dash -", "Ends with a dash -"),
    ],
)
def test_patterns_of_every_plugin_are_expanded(pattern: str, expected: str) -> None:
    assert expand_variables(pattern, VALUES, {"price": "9 €"}) == expected


def test_a_value_is_not_expanded_again() -> None:
    assert expand_variables("%%title%%", {"title": "#knee_pain %sep%"}, {}) == "#knee_pain %sep%"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a:1:{i:0;s:7:"noindex";}', {0: "noindex"}),
        ('a:2:{s:1:"a";b:1;s:1:"b";d:1.5;}', {"a": True, "b": 1.5}),
        ('s:3:"é!";', "é!"),
        ('a:1:{s:4:"text";s:99:"a wrong "length"; here";}', {"text": 'a wrong "length"; here'}),
        ('O:8:"stdClass":1:{s:1:"a";N;}', {"a": None}),
        ("not serialized", None),
        ('a:1:{i:0;s:7:"noind', None),
        ("a:1:{" * 30 + "i:0;", None),
    ],
)
def test_values_are_read_without_being_executed(text: str, expected: object) -> None:
    assert parse_php(text) == expected


def test_strings_are_found_at_any_depth() -> None:
    assert strings_in({"a": {"b": "c"}, "d": 1, "e": "f"}) == ["c", "f"]


def import_one(write: Writer, **values: str) -> Post:
    call_command("import_wordpress", write(item(more=meta(**values))))
    return Post.objects.get()


@pytest.mark.parametrize(
    "values",
    [
        {"_yoast_wpseo_title": "Knees %%sep%% %%sitename%%", "_yoast_wpseo_metadesc": "About %%title%%."}
        | {"_yoast_wpseo_meta-robots-noindex": "1"},
        {"rank_math_title": "Knees %sep% %sitename%", "rank_math_description": "About %title%."}
        | {"rank_math_robots": 'a:1:{i:0;s:7:"noindex";}'},
        {"_aioseo_title": "Knees #separator_sa #site_title", "_aioseo_description": "About #post_title."}
        | {"_aioseop_noindex": "on"},
        {"_genesis_title": "Knees - The Old Clinic", "_genesis_description": "About Post 1."}
        | {"_genesis_noindex": "1"},
        {"_seopress_titles_title": "Knees %%sep%% %%sitetitle%%", "_seopress_titles_desc": "About %%post_title%%."}
        | {"_seopress_robots_index": "yes"},
    ],
    ids=["Yoast", "Rank Math", "All in One", "Genesis", "SEOPress"],
)
def test_settings_of_every_plugin_arrive(write: Writer, client: Client, values: dict[str, str]) -> None:
    post = import_one(write, **values)
    assert post.seo_title == "Knees - The Old Clinic"
    assert post.seo_description == "About Post 1."
    assert post.hides_from_search
    page = client.get("/post-1/").content.decode()
    assert "<title>Knees - The Old Clinic</title>" in page
    head = page.partition("</head>")[0]
    assert not re.search(r"%%|%\w+%|#post_|#site_", head)


@pytest.mark.parametrize("unset", ["", "-", "none", "0", "null"])
def test_values_that_mean_unset_and_default_patterns_stay_empty(write: Writer, unset: str) -> None:
    values = {"_yoast_wpseo_title": "%%title%% %%page%% %%sep%% %%sitename%%", "_yoast_wpseo_metadesc": unset}
    post = import_one(write, **values, **{"_yoast_wpseo_meta-robots-noindex": "2"})
    assert (post.seo_title, post.seo_description, post.hides_from_search) == ("", "", False)


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("https://old.example/post-1/", ""),
        ("http://www.old.example/post-1", ""),
        ("/post-1/", ""),
        ("https://old.example/?p=1", ""),
        ("https://journal.example/original/", "https://journal.example/original/"),
        ("javascript:alert(1)", ""),
    ],
)
def test_canonical_urls(write: Writer, canonical: str, expected: str) -> None:
    assert import_one(write, _yoast_wpseo_canonical=canonical).canonical_url == expected


def test_long_title_loses_the_site_name_first(write: Writer) -> None:
    long = "A title of sixty characters, which fills the whole of a line"
    post = import_one(write, _yoast_wpseo_title=f"{long} %%sep%% %%sitename%%")
    assert post.seo_title == long


def test_primary_category_is_found_by_its_old_id(write: Writer, tmp_path: object) -> None:
    head = HEAD + (
        "<wp:category><wp:term_id>77</wp:term_id><wp:category_nicename>neck</wp:category_nicename>"
        "<wp:cat_name>Neck</wp:cat_name></wp:category>"
    )
    neck = '<category domain="category" nicename="neck"><![CDATA[Neck]]></category>'
    path = write(item(more=neck + meta(_yoast_wpseo_primary_category="77")), item(2))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(HEAD, head))
    call_command("import_wordpress", path)
    post = Post.objects.get(slug="post-1")
    assert post.primary_category is not None
    assert post.primary_category.slug == "neck"


def test_unknown_primary_category_is_dropped(write: Writer) -> None:
    post = import_one(write, _yoast_wpseo_primary_category="999")
    assert post.primary_category is not None
    assert post.primary_category.slug == "low-back"


def test_changed_seo_settings_are_a_change_of_the_post(write: Writer) -> None:
    import_one(write, _yoast_wpseo_title="One")
    rows = all_rows()
    import_one(write, _yoast_wpseo_title="One")
    assert all_rows() == rows
    assert import_one(write, _yoast_wpseo_title="Two").seo_title == "Two"


def test_code_of_the_header_is_reported_and_not_stored(
    write: Writer, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    import_one(write, _genesis_scripts="<script>track('x')</script>")
    assert "track('x')" in capsys.readouterr().out
    assert "track(" not in client.get("/post-1/").content.decode()


@pytest.mark.parametrize(
    ("creator", "declared", "expected"),
    [
        ("dana", "<wp:author_display_name>dana</wp:author_display_name>", "dana"),
        ("dana", "<wp:author_display_name>d@x.example</wp:author_display_name>", "dana"),
        (
            "d@x.example",
            "<wp:author_display_name>d@x.example</wp:author_display_name>"
            "<wp:author_first_name>Dana</wp:author_first_name><wp:author_last_name>Roe</wp:author_last_name>",
            "Dana Roe",
        ),
        ("d@x.example", "", "Guest author"),
        ("dana", None, "dana"),
        ("Robin", None, "Robin"),
        ("robin>", None, "Robin"),
        ("", None, "Robin"),
        ("someone@x.example", None, "Guest author"),
    ],
)
def test_bylines_have_names_and_never_email_addresses(
    write: Writer, creator: str, declared: str | None, expected: str
) -> None:
    creator_element = creator.replace(">", "&gt;")
    path = write(item(creator=creator_element))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if declared is not None:
        author = f"<wp:author><wp:author_login>{creator}</wp:author_login>{declared}</wp:author>"
        text = text.replace(TAIL, author + TAIL)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    call_command("import_wordpress", path)
    author_row = Post.objects.get().author
    assert author_row.name == expected
    assert "@" not in author_row.name + author_row.slug


def test_coauthors_are_named_on_the_page(write: Writer, client: Client) -> None:
    refs = (
        '<category domain="author" nicename="cap-boss-old-example"><![CDATA[boss@old.example]]></category>'
        '<category domain="author" nicename="cap-kim-lee"><![CDATA[kim-lee]]></category>'
        '<category domain="author" nicename="cap-secret"><![CDATA[secret@old.example]]></category>'
    )
    guest = item(9, kind="guest-author", slug="cap-kim-lee", title="Kim Lee").replace(
        "</item>", meta(**{"cap-display_name": "Kim <Lee>", "cap-user_login": "kim-lee"}) + "</item>"
    )
    call_command("import_wordpress", write(guest, item(more=refs)))
    post = Post.objects.get()
    assert post.author.name == "Robin"
    assert "Written with Kim &lt;Lee&gt;." in post.body
    assert "@" not in client.get("/post-1/").content.decode().partition("<article")[2].partition("</article>")[0]


def test_portrait_and_bio_of_a_guest_author_arrive(write: Writer, tmp_path: Path) -> None:
    def guest(number: int, login: str, **values: str) -> str:
        fields = meta(**{"cap-display_name": login.title(), "cap-user_login": login, **values})
        return item(number, kind="guest-author", slug=f"cap-{login}", title=login).replace(
            "</item>", fields + "</item>"
        )

    portrait = attachment(7, "2020/05/kim.jpg")
    long_bio = "I treat runners. " * 40
    refs = '<category domain="author" nicename="cap-{0}"><![CDATA[{0}]]></category>'
    export = write(
        guest(8, "kim", **{"cap-description": "I treat <b>knees</b>.", "_thumbnail_id": "7"}),
        guest(9, "robin", **{"cap-description": long_bio, "cap-linked_account": "boss@old.example"}),
        item(1, creator="kim", more=refs.format("kim")),
        item(2),
        portrait,
    )
    call_command("import_wordpress", export, media=[write_uploads(tmp_path, ["2020/05/kim.jpg"])])
    kim, robin = (Post.objects.get(slug=slug).author for slug in ("post-1", "post-2"))
    assert (kim.name, kim.short_bio, kim.portrait and kim.portrait.title) == ("Kim", "I treat knees.", "kim.jpg")
    assert (robin.name, robin.short_bio, robin.long_bio, robin.portrait) == ("Robin", "", long_bio.strip(), None)
    rows = all_rows()
    call_command("import_wordpress", export)
    assert all_rows() == rows
