"""Rendered emails: HTML for email clients, a plain text part, and no content that emails must not contain."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from lxml import html
from lxml.html import HtmlElement

from affiliates.models import Program
from blog.models import Post
from images.models import Video
from newsletter.delivery.mime import Sender, compile_message
from newsletter.email_template import render_email
from newsletter.models import Campaign, NewsletterSettings
from newsletter.rendering.messages import MAX_HTML_BYTES, RenderedEmail, render_campaign
from newsletter.rendering.personal_links import placeholder_url
from newsletter.tokens import TokenPurpose
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo
from tests.affiliates.factories import make_favorite, make_link
from tests.affiliates.test_disclosure import embed
from tests.evidence.factories import set_disclaimer
from tests.factories import make_campaign, make_image, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SETTINGS = NewsletterSettings(postal_address="1 Main Street\nPortland", imprint_url="https://example.com/imprint/")
SUBSCRIBER_EMAIL_KINDS = ("confirm", "manage", "welcome")


def render_manual(body: str, **fields: object) -> RenderedEmail:
    """Render a manual campaign with this body."""
    return render_campaign(make_campaign(body=sanitize(body), **fields), SETTINGS)


def render_post(post: Post, newsletter_settings: NewsletterSettings = SETTINGS, **fields: object) -> RenderedEmail:
    """Render the automatic campaign about `post`."""
    campaign = make_campaign(kind="post", post=post, subject=post.title, body="", **fields)
    return render_campaign(campaign, newsletter_settings)


def parse_html(email: RenderedEmail) -> HtmlElement:
    return parse_document(email.html)


def parse_document(markup: str) -> HtmlElement:
    root: HtmlElement = html.document_fromstring(markup)
    return root


def render_subscriber_email(kind: str) -> str:
    return render_email(
        f"newsletter/email/{kind}/body.html", {"newsletter_settings": SETTINGS, "site": SiteInfo(name="Move")}
    ).html


ALL_ELEMENTS = """<p>First<sup>2</sup>, see <a href="/about/">about me</a>.</p><h2>Plan</h2>
<figure><img data-image="{0}"><img data-image="{0}"><img data-image="{0}"><figcaption>Three</figcaption></figure>
<aside data-callout="red-flags"><p>Numb foot</p></aside>
<table><caption>Week</caption><thead><tr><th>Day</th><th>Do</th></tr></thead><tbody><tr><td>Mon</td><td>Walk</td></tr></tbody></table>
<table><tbody><tr><th>What</th><th>Good</th><th>Bad</th><th>For</th></tr><tr><th>Ball</th><td>Small</td><td>Rolls</td><td>Feet</td></tr></tbody></table>
<ol start="3"><li>Bend<ul><li>Slowly</li></ul></li><li>Rest</li></ol><blockquote><p>Motion is lotion.</p></blockquote>
<pre>3 x 10</pre><hr><div data-embed="video" data-id="{1}"></div>
<details><summary>Does it hurt?</summary><p>No.</p></details>"""


@pytest.fixture
def email(db: None) -> RenderedEmail:
    """Return a manual campaign with every element that a text can contain."""
    SiteInfo.objects.create(name="Move Better")
    set_disclaimer("Not advice.")
    image = make_image(width=1600, height=800, alt="A drawing")
    video = Video.objects.create(provider="youtube", key="abcdefghijk", title="Hop", thumbnail=make_image())
    return render_manual(ALL_ELEMENTS.format(image.pk, video.pk), subject="Knees", preheader="They bend.")


# ---- HTML ----------------------------------------------------------------------------------------------


def test_html_contains_only_what_email_clients_support(email: RenderedEmail) -> None:
    page = parse_html(email)
    allowed = re.findall(
        r"\w+",
        "html head meta title style body div table tbody thead tr td th caption a p br b strong em small sup h2 ul ol li"
        " blockquote pre code hr img",
    )
    assert {element.tag for element in page.iter() if isinstance(element.tag, str)} <= set(allowed)
    assert page.get("lang") == "en-us"
    assert page.get("dir") == "ltr"
    # Gmail drops email outside the body.
    (article,) = page.xpath("//body/div[@role='article']")
    assert (article.get("lang"), article.get("dir"), article.get("aria-label")) == ("en-us", "ltr", "Knees")
    assert page.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert page.findtext(".//title") == "Knees"
    for table in page.iter("table"):
        assert table.get("role") == "presentation" or table.get("class") == "data"
    # All styles except dark mode and narrow screens are inlined.
    (style,) = page.xpath("//style/text()")
    assert re.sub(r"@media[^{]+\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", style).strip() == ""
    assert "prefers-color-scheme: dark" in style
    assert "var(" not in email.html
    assert not re.search(r"url\(|@import|<form|javascript:| on\w+=", email.html)


def test_preheader_is_hidden_and_defaults_to_the_text(email: RenderedEmail) -> None:
    (hidden,) = parse_html(email).find_class("preheader")
    assert hidden.text_content().startswith("They bend.")
    assert "display:none" in hidden.get("style")
    assert "They bend." not in email.text
    assert "Text of it" in render_manual("<p>Text of it</p>").html.split("preheader", 1)[1][:400]


def test_images_have_an_absolute_url_a_size_and_alt_text(email: RenderedEmail) -> None:
    images = list(parse_html(email).iter("img"))
    assert len(images) == 4
    for image in images:
        assert image.get("src").startswith("http://testserver/media/")
        assert image.get("alt") is not None
        assert int(image.get("width")) <= 536
    # A gallery is a table with two columns; the last of an odd number spans both.
    (gallery,) = parse_html(email).find_class("gallery")
    assert [len(row) for row in gallery.iter("tr")] == [2, 1]
    assert [(each.get("width"), each.get("height")) for each in gallery.iter("img")] == [("264", "132")] * 3
    assert gallery.xpath(".//td/@colspan") == ["2"]


def test_callout_is_a_table_for_outlook(email: RenderedEmail) -> None:
    (callout,) = parse_html(email).find_class("callout--red-flags")
    assert callout.tag == "table"
    assert [each.text_content() for each in callout.iter("p")] == ["Red flags: when to see a professional", "Numb foot"]
    assert "padding" in next(callout.iter("td")).get("style")


def test_wide_table_becomes_records(email: RenderedEmail) -> None:
    page = parse_html(email)
    assert [" ".join(table.text_content().split()) for table in page.find_class("data")] == ["WeekDayDoMonWalk"]
    (record,) = page.find_class("record")
    assert [each.text_content() for each in record] == ["Ball", "Good: Small", "Bad: Rolls", "For: Feet"]


def test_video_is_a_linked_image(email: RenderedEmail) -> None:
    (thumbnail,) = parse_html(email).xpath("//a[contains(@href, 'youtube.com')]/img")
    assert thumbnail.getparent().get("href") == "https://www.youtube.com/watch?v=abcdefghijk"


def test_footer_has_reason_sender_and_links(email: RenderedEmail) -> None:
    page = parse_html(email)
    (footer,) = page.find_class("footer")
    text = footer.text_content()
    assert "You're receiving this because you subscribed to our newsletter and confirmed your email address." in text
    assert "Move Better" in text
    assert [line in text for line in ("1 Main Street", "Portland", "Not advice.")] == [True] * 3
    campaign = Campaign.objects.get()
    assert footer.xpath(".//a/@href") == [
        placeholder_url(campaign, TokenPurpose.UNSUBSCRIBE),
        placeholder_url(campaign, TokenPurpose.PREFERENCES),
        f"http://testserver/newsletter/archive/knees-{campaign.pk}/",
        "https://example.com/imprint/",
    ]
    unarchived = render_manual("<p>x</p>", is_in_archive=False)
    assert "/archive/" not in unarchived.html + unarchived.text


def test_template_indentation_is_removed_except_in_preformatted_text() -> None:
    rendered = render_manual("<p>Plan</p><pre>3 x 10\n    slowly</pre>").html
    assert "3 x 10\n    slowly</code></pre>" in rendered
    assert not re.search(r"\n[ \t]", re.sub(r"<pre.*?</pre>", "", rendered, flags=re.DOTALL))


def test_email_contains_no_tracking(email: RenderedEmail) -> None:
    page = parse_html(email)
    assert not [image for image in page.iter("img") if int(image.get("width")) < 3]
    assert {url for url in page.xpath("//@href") if "?" in url} == {"https://www.youtube.com/watch?v=abcdefghijk"}


@pytest.mark.parametrize("kind", SUBSCRIBER_EMAIL_KINDS)
def test_subscriber_emails_use_the_same_layout(kind: str) -> None:
    page = parse_document(render_subscriber_email(kind))
    assert page.find_class("masthead")[0].text_content() == "Move"
    assert "1 Main Street" in page.find_class("footer")[0].text_content()
    (button,) = page.find_class("button")
    (link,) = button.iter("a")
    style = link.get("style")
    # 12 + 20 + 12 pixels: tall enough for a thumb.
    assert "padding:12px 28px" in style
    assert "/20px" in style


def test_colors_are_those_of_the_site() -> None:
    site_css = (Path(settings.BASE_DIR) / "static/site/css/tokens.css").read_text()
    email_css = (Path(settings.BASE_DIR) / "templates/newsletter/email/style.css").read_text()
    colors = set(re.findall(r"#[0-9a-f]{3,6}\b", email_css))
    assert len(colors) > 20
    assert colors <= set(re.findall(r"#[0-9a-f]{3,6}\b", site_css))


def test_right_to_left_languages_are_mirrored(email: RenderedEmail) -> None:
    assert "border-left:3px" in parse_document(email.html).xpath("//blockquote/@style")[0]
    with translation.override("ar"):
        page = parse_document(render_campaign(Campaign.objects.get(), SETTINGS).html)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert "border-right:3px" in page.xpath("//blockquote/@style")[0]
    assert "padding:0 24px 0 0" in page.xpath("//ol/@style")[0]


# ---- Plain text ----------------------------------------------------------------------------------------------


def test_plain_text_of_every_element(email: RenderedEmail) -> None:
    body, _, footer = email.text.partition("\n-- \n")
    assert body == (
        "Move Better <http://testserver/>\n\n"
        "First [2], see about me <http://testserver/about/>.\n\n"
        "Plan\n----\n\n" + "[A drawing]\n\n" * 3 + "Three\n\n"
        "| Red flags: when to see a professional\n|\n| Numb foot\n\n"
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
    assert f"Unsubscribe <{placeholder_url(campaign, TokenPurpose.UNSUBSCRIBE)}>\n" in footer.replace("\n<", " <")
    assert footer.rstrip().endswith("Imprint <https://example.com/imprint/>")


def test_lines_are_wrapped_but_urls_are_not_broken() -> None:
    url = f"https://example.com/{'long-' * 30}end"
    text = render_manual(f"<p>{'Many words are here. ' * 20}<a href='{url}'>There</a></p>").text
    lines = text.splitlines()
    assert f"<{url}>" in lines
    assert max(len(line) for line in lines if "://" not in line) <= 72


def test_empty_campaign_has_both_parts() -> None:
    email = render_manual("")
    assert "Unsubscribe" in email.text
    assert "Unsubscribe" in email.html


# ---- Posts ---------------------------------------------------------------------------------------------


def test_post_campaign_contains_the_post() -> None:
    SiteInfo.objects.create(name="Move")
    set_disclaimer("Not advice.")
    post = make_post(title="Knees & <hips>", tldr="Bend them", body="<p>Slowly.</p>", featured_image=make_image())
    email = render_post(post)
    page = parse_html(email)
    assert email.subject == "Knees & <hips>"
    assert page.findtext(".//h1/a") == "Knees & <hips>"
    assert page.xpath("//h1/a/@href") == [f"http://testserver/{post.slug}/"]
    text = page.find_class("content")[0].text_content()
    assert text.index("Not advice.") < text.index("Bend them") < text.index("Slowly.")
    assert text.count("Not advice.") == page.text_content().count("Not advice.") == 1
    assert page.find_class("button")[0].text_content().strip() == "Read it on the website"
    # A link that contains only an image takes its name from the alt text.
    assert page.xpath("//a[img]/@href") == [f"http://testserver/{post.slug}/"]
    assert page.xpath("//a/img/@alt")[0]
    summary = render_post(
        make_post(body="<p>Whole.</p>", excerpt="In short."), NewsletterSettings(post_content="summary")
    )
    assert "In short." in summary.html
    assert "Whole." not in summary.html + summary.text


def test_opening_comes_before_the_post() -> None:
    post = make_post(body="<p>Slowly.</p>")
    campaign = make_campaign(kind="post", post=post, body="<p>Dear all,</p>")
    text = parse_html(render_campaign(campaign, SETTINGS)).find_class("content")[0].text_content()
    assert text.index("Dear all,") < text.index(post.title) < text.index("Slowly.")


def test_very_long_text_is_cut_with_a_link_to_the_rest() -> None:
    body = "".join(f"<h2>Part {number}</h2><p>{'Words and more words. ' * 40}</p>" for number in range(200))
    post = make_post(body=body)
    email = render_post(post)
    assert MAX_HTML_BYTES * 0.9 < len(email.html.encode()) <= MAX_HTML_BYTES
    page = parse_html(email)
    (button,) = page.find_class("button")
    assert button.text_content().strip() == "Read the rest on the website"
    assert button.xpath(".//a/@href") == [f"http://testserver/{post.slug}/"]
    headings = page.xpath("//h2/text()")
    assert 10 < len(headings) < 200
    assert headings == [f"Part {number}" for number in range(len(headings))]
    assert page.xpath("//h2")[-1].getnext().tag == "p"
    assert "Unsubscribe" in email.html
    manual = render_manual(body, subject="Long")
    assert "Read the rest on the website" in manual.text
    assert len(manual.html.encode()) <= MAX_HTML_BYTES
    # It is not cut if the rest is not on the website.
    assert "Part 199" in render_manual(body, is_in_archive=False).html


# ---- Affiliate links ----------------------------------------------------------------------------------------


def test_amazon_links_are_replaced_and_disclosures_come_first(amazon: Program, shop: Program) -> None:
    make_link(amazon, slug="roller")
    make_link(shop, slug="mat")
    cards = embed("product", make_favorite(amazon)) + embed("product", make_favorite(shop))
    pasted = '<a href="https://www.amazon.com/dp/B000000001?tag=mine-20">it</a> <a href="https://amzn.to/3xyz">it</a>'
    body = f'<p>See <a href="/go/roller/">a roller</a>, <a href="/go/mat/">a mat</a>, {pasted}.</p>{cards}'
    post = make_post(body=body)
    for email, url_prefix in (
        (render_post(post), f"http://testserver/{post.slug}/"),
        (render_manual(body, subject="Manual"), "http://testserver/newsletter/archive/manual-"),
        (render_manual(body, is_in_archive=False), "http://testserver/"),
    ):
        for text in (email.html, email.text):
            assert not re.search(r"amazon\.|amzn|mine-20", text)
            assert text.index("Quiet Shop pays me") < text.index("/go/mat/")
        roller = next(link for link in parse_html(email).iter("a") if "a roller" in link.text_content())
        assert roller.get("href").startswith(url_prefix)
        assert parse_html(email).find_class("disclosure")


# ---- Compiling -------------------------------------------------------------------------------------------


def test_frozen_email_compiles_without_leftover_placeholders() -> None:
    campaign = make_campaign(status="preparing", frozen_sha256="", total=None, prepared_at=None)
    email = render_campaign(campaign, SETTINGS)
    Campaign.objects.filter(pk=campaign.pk).freeze(slug=campaign.build_slug(), **email._asdict())
    campaign.refresh_from_db()
    pattern = compile_message(campaign.pk, campaign.frozen_sha256, Sender("A", "a@example.com", "", "x")).pattern
    # The unsubscribe link is in a header and in both parts, the preferences link in the parts only.
    assert pattern.count(b"%(unsubscribe)b") + pattern.count(b"%(unsubscribe-soft)b") == 3
    assert pattern.count(b"%(preferences-soft)b") == 2
    assert campaign.public_id.hex.encode() + b"-" not in pattern
    assert campaign.slug == campaign.build_slug()
