"""What mails are made of: HTML that mail programs show, a text part, nothing that may not be mailed."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from lxml import html
from lxml.html import HtmlElement

from affiliates.programs import Program
from blog.models import Post
from images.models import Video
from newsletter.delivery.mime import Sender, compiled, link
from newsletter.models import Campaign, NewsletterSettings
from newsletter.rendering.email_template import render_email
from newsletter.rendering.messages import MAX_HTML_BYTES, RenderedEmail, render_campaign
from newsletter.subscribers.tokens import TokenPurpose
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo
from tests.affiliates.factories import make_favorite, make_link
from tests.affiliates.test_disclosure import embed
from tests.factories import make_campaign, make_image, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PROFILE = NewsletterSettings(postal_address="1 Main Street\nPortland", imprint_url="https://example.com/imprint/")
SINGLE = ("confirm", "manage", "welcome")


def letter(body: str, **fields: object) -> RenderedEmail:
    """The mail of a campaign by hand that says `body`."""
    return render_campaign(make_campaign(body=sanitize(body), **fields), PROFILE)


def about(post: Post, profile: NewsletterSettings = PROFILE, **fields: object) -> RenderedEmail:
    """The mail about `post`."""
    campaign = make_campaign(kind="post", post=post, subject=post.title, body="", **fields)
    return render_campaign(campaign, profile)


def tree(mail: RenderedEmail) -> HtmlElement:
    return document(mail.html)


def document(markup: str) -> HtmlElement:
    root: HtmlElement = html.document_fromstring(markup)
    return root


def single(kind: str) -> str:
    return render_email(f"newsletter/email/{kind}/body.html", {"sender": PROFILE, "site": SiteInfo(name="Move")}).html


EVERYTHING = """<p>First<sup>2</sup>, see <a href="/about/">about me</a>.</p><h2>Plan</h2>
<figure><img data-image="{0}"><img data-image="{0}"><img data-image="{0}"><figcaption>Three</figcaption></figure>
<aside data-callout="red-flags"><p>Numb foot</p></aside>
<table><caption>Week</caption><thead><tr><th>Day</th><th>Do</th></tr></thead><tbody><tr><td>Mon</td><td>Walk</td></tr></tbody></table>
<table><tbody><tr><th>What</th><th>Good</th><th>Bad</th><th>For</th></tr><tr><th>Ball</th><td>Small</td><td>Rolls</td><td>Feet</td></tr></tbody></table>
<ol start="3"><li>Bend<ul><li>Slowly</li></ul></li><li>Rest</li></ol><blockquote><p>Motion is lotion.</p></blockquote>
<pre>3 x 10</pre><hr><div data-embed="video" data-id="{1}"></div>
<details><summary>Does it hurt?</summary><p>No.</p></details>"""


@pytest.fixture
def everything(db: None) -> RenderedEmail:
    SiteInfo.objects.create(name="Move Better", disclaimer="Not advice.")
    picture = make_image(width=1600, height=800, alt="A drawing")
    video = Video.objects.create(provider="youtube", key="abcdefghijk", title="Hop", thumbnail=make_image())
    return letter(EVERYTHING.format(picture.pk, video.pk), subject="Knees", preheader="They bend.")


# ---- HTML ----------------------------------------------------------------------------------------------


def test_a_mail_holds_what_mail_programs_show_and_nothing_else(everything: RenderedEmail) -> None:
    page = tree(everything)
    known = re.findall(
        r"\w+",
        "html head meta title style body div table tbody thead tr td th caption a p br b strong em small sup h2 ul ol li"
        " blockquote pre code hr img",
    )
    assert {element.tag for element in page.iter() if isinstance(element.tag, str)} <= set(known)
    assert page.get("lang") == "en-us"
    assert page.get("dir") == "ltr"
    # Gmail keeps nothing outside of the body.
    (article,) = page.xpath("//body/div[@role='article']")
    assert (article.get("lang"), article.get("dir"), article.get("aria-label")) == ("en-us", "ltr", "Knees")
    assert page.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert page.findtext(".//title") == "Knees"
    for table in page.iter("table"):
        assert table.get("role") == "presentation" or table.get("class") == "data"
    # Everything but the dark and the narrow is said in the elements themselves.
    (style,) = page.xpath("//style/text()")
    assert re.sub(r"@media[^{]+\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", style).strip() == ""
    assert "prefers-color-scheme: dark" in style
    assert "var(" not in everything.html
    assert not re.search(r"url\(|@import|<form|javascript:| on\w+=", everything.html)


def test_the_first_line_that_mail_programs_show_is_the_owners_and_hidden_in_the_mail(everything: RenderedEmail) -> None:
    (hidden,) = tree(everything).find_class("preheader")
    assert hidden.text_content().startswith("They bend.")
    assert "display:none" in hidden.get("style")
    assert "They bend." not in everything.text
    assert "Words of it" in letter("<p>Words of it</p>").html.split("preheader", 1)[1][:400]


def test_pictures_have_an_address_a_size_and_words(everything: RenderedEmail) -> None:
    pictures = list(tree(everything).iter("img"))
    assert len(pictures) == 4
    for picture in pictures:
        assert picture.get("src").startswith("http://testserver/media/")
        assert picture.get("alt") is not None
        assert int(picture.get("width")) <= 536
    # A gallery is a table of two columns, the odd one as wide as both.
    (gallery,) = tree(everything).find_class("gallery")
    assert [len(row) for row in gallery.iter("tr")] == [2, 1]
    assert [(each.get("width"), each.get("height")) for each in gallery.iter("img")] == [("264", "132")] * 3
    assert gallery.xpath(".//td/@colspan") == ["2"]


def test_a_box_keeps_its_distance_in_outlook(everything: RenderedEmail) -> None:
    (box,) = tree(everything).find_class("callout--red-flags")
    assert box.tag == "table"
    assert [each.text_content() for each in box.iter("p")] == ["Red flags: see someone soon", "Numb foot"]
    assert "padding" in next(box.iter("td")).get("style")


def test_a_wide_table_becomes_lines_that_a_phone_can_show(everything: RenderedEmail) -> None:
    page = tree(everything)
    assert [" ".join(table.text_content().split()) for table in page.find_class("data")] == ["WeekDayDoMonWalk"]
    (record,) = page.find_class("record")
    assert [each.text_content() for each in record] == ["Ball", "Good: Small", "Bad: Rolls", "For: Feet"]


def test_a_video_is_a_picture_that_leads_to_it(everything: RenderedEmail) -> None:
    (still,) = tree(everything).xpath("//a[contains(@href, 'youtube.com')]/img")
    assert still.getparent().get("href") == "https://www.youtube.com/watch?v=abcdefghijk"


def test_every_mail_says_why_it_came_from_where_and_how_to_leave(everything: RenderedEmail) -> None:
    page = tree(everything)
    (foot,) = page.find_class("footer")
    words = foot.text_content()
    assert "You're receiving this because you subscribed to our newsletter and confirmed your email address." in words
    assert "Move Better" in words
    assert [line in words for line in ("1 Main Street", "Portland", "Not advice.")] == [True] * 3
    campaign = Campaign.objects.get()
    assert foot.xpath(".//a/@href") == [
        link(campaign, TokenPurpose.UNSUBSCRIBE),
        link(campaign, TokenPurpose.PREFERENCES),
        f"http://testserver/newsletter/archive/knees-{campaign.pk}/",
        "https://example.com/imprint/",
    ]
    secret = letter("<p>x</p>", is_in_archive=False)
    assert "/archive/" not in secret.html + secret.text


def test_nothing_follows_the_reader(everything: RenderedEmail) -> None:
    page = tree(everything)
    assert not [image for image in page.iter("img") if int(image.get("width")) < 3]
    assert {address for address in page.xpath("//@href") if "?" in address} == {
        "https://www.youtube.com/watch?v=abcdefghijk"
    }


@pytest.mark.parametrize("kind", SINGLE)
def test_single_mails_stand_in_the_same_frame(kind: str) -> None:
    page = document(single(kind))
    assert page.find_class("masthead")[0].text_content() == "Move"
    assert "1 Main Street" in page.find_class("footer")[0].text_content()
    (press,) = page.find_class("button")
    (button,) = press.iter("a")
    style = button.get("style")
    # 12 + 20 + 12: as tall as a thumb needs.
    assert "padding:12px 28px" in style
    assert "/20px" in style


def test_the_colours_are_those_of_the_site() -> None:
    read = (Path(settings.BASE_DIR) / "static/site/css/tokens.css").read_text()
    used = (Path(settings.BASE_DIR) / "templates/newsletter/email/style.css").read_text()
    colours = set(re.findall(r"#[0-9a-f]{3,6}\b", used))
    assert len(colours) > 20
    assert colours <= set(re.findall(r"#[0-9a-f]{3,6}\b", read))


def test_in_a_language_from_right_to_left_everything_stands_on_its_side(everything: RenderedEmail) -> None:
    assert "border-left:3px" in document(everything.html).xpath("//blockquote/@style")[0]
    with translation.override("ar"):
        page = document(render_campaign(Campaign.objects.get(), PROFILE).html)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert "border-right:3px" in page.xpath("//blockquote/@style")[0]
    assert "padding:0 24px 0 0" in page.xpath("//ol/@style")[0]


# ---- Text ----------------------------------------------------------------------------------------------


def test_the_text_part_reads_well(everything: RenderedEmail) -> None:
    body, _, foot = everything.text.partition("\n-- \n")
    assert body == (
        "Move Better <http://testserver/>\n\n"
        "First [2], see about me <http://testserver/about/>.\n\n"
        "Plan\n----\n\n" + "[A drawing]\n\n" * 3 + "Three\n\n"
        "| Red flags: see someone soon\n|\n| Numb foot\n\n"
        "Week\nDay | Do\nMon | Walk\n\n"
        "Ball\nGood: Small\nBad: Rolls\nFor: Feet\n\n"
        "3. Bend\n   - Slowly\n4. Rest\n\n"
        "> Motion is lotion.\n\n"
        "    3 x 10\n\n"
        "* * *\n\n"
        "Hop (video on YouTube) <https://www.youtube.com/watch?v=abcdefghijk>\n\n"
        "Does it hurt?\n\nNo.\n"
    )
    campaign = Campaign.objects.get()
    assert f"Unsubscribe <{link(campaign, TokenPurpose.UNSUBSCRIBE)}>\n" in foot.replace("\n<", " <")
    assert foot.rstrip().endswith("Imprint <https://example.com/imprint/>")


def test_lines_are_short_and_addresses_whole() -> None:
    address = f"https://example.com/{'long-' * 30}end"
    text = letter(f"<p>{'Many words stand here. ' * 20}<a href='{address}'>There</a></p>").text
    lines = text.splitlines()
    assert f"<{address}>" in lines
    assert max(len(line) for line in lines if "://" not in line) <= 72


def test_a_mail_without_words_still_has_both_parts() -> None:
    mail = letter("")
    assert "Unsubscribe" in mail.text
    assert "Unsubscribe" in mail.html


# ---- Posts ---------------------------------------------------------------------------------------------


def test_the_mail_about_a_post_holds_the_post() -> None:
    SiteInfo.objects.create(name="Move", disclaimer="Not advice.")
    post = make_post(title="Knees & <hips>", tldr="Bend them", body="<p>Slowly.</p>", featured_image=make_image())
    mail = about(post)
    page = tree(mail)
    assert mail.subject == "Knees & <hips>"
    assert page.findtext(".//h1/a") == "Knees & <hips>"
    assert page.xpath("//h1/a/@href") == [f"http://testserver/{post.slug}/"]
    words = page.find_class("content")[0].text_content()
    assert words.index("Not advice.") < words.index("Bend them") < words.index("Slowly.")
    assert words.count("Not advice.") == page.text_content().count("Not advice.") == 1
    assert page.find_class("button")[0].text_content().strip() == "Read it on the website"
    # A link that holds a picture alone is called by what the picture shows.
    assert page.xpath("//a[img]/@href") == [f"http://testserver/{post.slug}/"]
    assert page.xpath("//a/img/@alt")[0]
    short = about(make_post(body="<p>Whole.</p>", excerpt="In short."), NewsletterSettings(post_content="summary"))
    assert "In short." in short.html
    assert "Whole." not in short.html + short.text


def test_the_authors_own_words_come_first() -> None:
    post = make_post(body="<p>Slowly.</p>")
    campaign = make_campaign(kind="post", post=post, body="<p>Dear all,</p>")
    words = tree(render_campaign(campaign, PROFILE)).find_class("content")[0].text_content()
    assert words.index("Dear all,") < words.index(post.title) < words.index("Slowly.")


def test_a_very_long_post_ends_early_with_a_link_to_the_rest() -> None:
    body = "".join(f"<h2>Part {number}</h2><p>{'Words and more words. ' * 40}</p>" for number in range(200))
    post = make_post(body=body)
    mail = about(post)
    assert MAX_HTML_BYTES * 0.9 < len(mail.html.encode()) <= MAX_HTML_BYTES
    page = tree(mail)
    (press,) = page.find_class("button")
    assert press.text_content().strip() == "Read the rest on the website"
    assert press.xpath(".//a/@href") == [f"http://testserver/{post.slug}/"]
    parts = page.xpath("//h2/text()")
    assert 10 < len(parts) < 200
    assert parts == [f"Part {number}" for number in range(len(parts))]
    assert page.xpath("//h2")[-1].getnext().tag == "p"
    assert "Unsubscribe" in mail.html
    by_hand = letter(body, subject="Long")
    assert "Read the rest on the website" in by_hand.text
    assert len(by_hand.html.encode()) <= MAX_HTML_BYTES
    # Without a place for the rest it stays whole.
    assert "Part 199" in letter(body, is_in_archive=False).html


# ---- Paid links ----------------------------------------------------------------------------------------


def test_no_link_to_amazon_is_mailed_and_what_pays_is_said_first(amazon: Program, shop: Program) -> None:
    make_link(amazon, slug="roller")
    make_link(shop, slug="mat")
    cards = embed("product", make_favorite(amazon)) + embed("product", make_favorite(shop))
    pasted = '<a href="https://www.amazon.com/dp/B000000001?tag=mine-20">it</a> <a href="https://amzn.to/3xyz">it</a>'
    text = f'<p>See <a href="/go/roller/">a roller</a>, <a href="/go/mat/">a mat</a>, {pasted}.</p>{cards}'
    post = make_post(body=text)
    for mail, place in (
        (about(post), f"http://testserver/{post.slug}/"),
        (letter(text, subject="By hand"), "http://testserver/newsletter/archive/by-hand-"),
        (letter(text, is_in_archive=False), "http://testserver/"),
    ):
        for words in (mail.html, mail.text):
            assert not re.search(r"amazon\.|amzn|mine-20", words)
            assert words.index("Quiet Shop pays me") < words.index("/go/mat/")
        roller = next(each for each in tree(mail).iter("a") if "a roller" in each.text_content())
        assert roller.get("href").startswith(place)
        assert tree(mail).find_class("disclosure")


# ---- Sending -------------------------------------------------------------------------------------------


def test_a_frozen_mail_compiles_whole() -> None:
    campaign = make_campaign(status="preparing", frozen_sha256="", total=None, prepared_at=None)
    mail = render_campaign(campaign, PROFILE)
    Campaign.objects.filter(pk=campaign.pk).freeze(slug=campaign.copy_slug, **mail._asdict())
    campaign.refresh_from_db()
    pattern = compiled(campaign.pk, campaign.frozen_sha256, Sender("A", "a@example.com", "", "x")).pattern
    # Once in a header, and once in each part; preferences stand in the parts only.
    assert pattern.count(b"%(unsubscribe)b") + pattern.count(b"%(unsubscribe-soft)b") == 3
    assert pattern.count(b"%(preferences-soft)b") == 2
    assert campaign.public_id.hex.encode() + b"-" not in pattern
    assert campaign.slug == campaign.copy_slug
