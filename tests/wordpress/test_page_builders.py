"""Test that the words, images and links in the attributes of shortcodes of page builders and plugins arrive."""

import base64
import re
from urllib.parse import quote

import pytest

from tests.wordpress.test_words import shown
from wordpress.content_converter import to_html

HTML = base64.b64encode(quote("<p>Raw <b>words</b></p><script>bad()</script>").encode()).decode()
VC_LINK = "url:https%3A%2F%2Fbook.example%2Fvisit|title:Book|target:_blank"


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ('[et_pb_toggle title="How long?"]Six weeks.[/et_pb_toggle]', "<h3>How long?</h3><p>Six weeks.</p>"),
        ('[vc_tta_section title="How long?" tab_id="1"]Six weeks.[/vc_tta_section]', "<h3>How long?</h3><p>Six weeks.</p>"),
        ('[vc_custom_heading text="Knee &amp; hip" use_theme_fonts="yes"]', "<h3>Knee &amp; hip</h3>"),
        ('[su_spoiler title="More" open="no"]Words.[/su_spoiler]', "<h3>More</h3><p>Words.</p>"),
        (
            '[et_pb_testimonial author="Pat" job_title="Runner" quote_icon="off"]Good.[/et_pb_testimonial]',
            "<p>Pat</p><p>Runner</p><p>Good.</p>",
        ),
        (
            '[et_pb_cta title="Visit us" button_url="/book/" button_text="Book %22now%22"]Soon.[/et_pb_cta]',
            '<h3>Visit us</h3><p>Soon.</p><p><a href="/book/">Book "now"</a></p>',
        ),
        (
            '[et_pb_button button_url="https://book.example/" button_text="Book" background="#fff"][/et_pb_button]',
            '<p><a href="https://book.example/">Book</a></p>',
        ),
        (f'[vc_btn title="Book" link="{VC_LINK}"]', '<p><a href="https://book.example/visit">Book</a></p>'),
        (
            'Now [su_button url="https://book.example/" size="3"]book <b>here</b>[/su_button] today.',
            '<p>Now <a href="https://book.example/">book <strong>here</strong></a> today.</p>',
        ),
        (
            '[fusion_youtube id="dQw4w9WgXcQ" width="600"]',
            '<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">https://www.youtube.com/watch?v=dQw4w9WgXcQ</a></p>',
        ),
        ('[et_pb_video src="https://youtu.be/a"]', '<p><a href="https://youtu.be/a">https://youtu.be/a</a></p>'),
        (f"[vc_raw_html]{HTML}[/vc_raw_html]", "<p>Raw <strong>words</strong></p>"),
        (f"[vc_raw_js]{HTML}[/vc_raw_js]", ""),
        ('[vc_row el_title="Hidden"][vc_column width="1/2"][vc_column_text]Words.[/vc_column_text][/vc_column][/vc_row]', "<p>Words.</p>"),
        ('[et_pb_section admin_label="section"][et_pb_row title="Hidden"]Words.[/et_pb_row][/et_pb_section]', "<p>Words.</p>"),
        ('[tabs][tab title="One"]First.[/tab][tab title="Two"]Second.[/tab][/tabs]', "<h3>One</h3><p>First.</p><h3>Two</h3><p>Second.</p>"),
        ('[tabby title="One"]\nFirst.\n[tabby title="Two"]\nSecond.\n[tabbyending]', "<h3>One</h3><p>First.</p><h3>Two</h3><p>Second.</p>"),
        ('[accordion][accordion_item title="Why?"]Because.[/accordion_item][/accordion]', "<h3>Why?</h3><p>Because.</p>"),
        ('[toggle title="Why?"]Because.[/toggle][learn_more caption="More"]Words.[/learn_more]', "<h3>Why?</h3><p>Because.</p><p>More</p><p>Words.</p>"),
        ('[button link="https://book.example/"]Book[/button]', '<p><a href="https://book.example/">Book</a></p>'),
        ('[maxbutton id="1" url="https://book.example/" text="Book"]', '<p><a href="https://book.example/">Book</a></p>'),
        ('[lyte id="dQw4w9WgXcQ" /]', '<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">https://www.youtube.com/watch?v=dQw4w9WgXcQ</a></p>'),
        ('[kad_youtube url="https://youtu.be/a" width=600]', '<p><a href="https://youtu.be/a">https://youtu.be/a</a></p>'),
        ('[arve provider="vimeo" id="12345678"]', '<p><a href="https://vimeo.com/12345678">https://vimeo.com/12345678</a></p>'),
        ("httpv://youtu.be/a", '<p><a href="https://youtu.be/a">https://youtu.be/a</a></p>'),
        ("Left\n\n[hr]\n\n[TOC]\n\nWords [lwptoc] here.", "<p>Left</p><p>Words here.</p>"),
        ("Welcome. [bbp-forum-index] A [self-made] rule.", "<p>Welcome. A [self-made] rule.</p>"),
        ("Word[note]Smith 2019.[/note] and more.", "<p>Word (Smith 2019.) and more.</p>"),
        ('A [amazon link="B00X12345Z" title="soft &amp; warm pillow"].', '<p>A <a href="https://www.amazon.com/dp/B00X12345Z">soft &amp; warm pillow</a>.</p>'),
        ('[amazon box="B00X12345Z,B00X12345Y"]', '<p><a href="https://www.amazon.com/dp/B00X12345Z">View on Amazon</a></p><p><a href="https://www.amazon.com/dp/B00X12345Y">View on Amazon</a></p>'),
        ('A [easyazon_link identifier="B01X12345Z" locale="UK" tag="me-21"]<b>pillow</b>[/easyazon_link].', '<p>A <a href="https://www.amazon.co.uk/dp/B01X12345Z?tag=me-21"><strong>pillow</strong></a>.</p>'),
        ("[asa]B01X12345Z[/asa]", '<p><a href="https://www.amazon.com/dp/B01X12345Z">View on Amazon</a></p>'),
        ('A [easyazon_link keywords="pillow"]pillow[/easyazon_link], [amazon fields="B00X12345Z" value="price"].', "<p>A pillow, .</p>"),
        ('[et_pb_contact_form title="Hidden" email="a@b.example"][/et_pb_contact_form]', ""),
        ('[et_pb_post_title title="on" meta="off"]', ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "<!-- wp:shortcode -->\n{}\n<!-- /wp:shortcode -->"])
def test_attributes_become_text(body: str, html: str, around: str) -> None:
    # Headings get ids as targets of links.
    assert re.sub(r'<h3 id="[^"]*">', "<h3>", shown(around.format(body))) == html


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ('[et_pb_image src="https://x.example/a.jpg" alt="A knee" title_text="no"]', '<img src="https://x.example/a.jpg" alt="A knee">'),
        ('[vc_single_image image="12" img_size="full"]', '<img class="wp-image-12" alt="">'),
        ('[vc_gallery images="12,13" type="grid"]', '<img data-wp-gallery="1" data-ids="12,13">'),
        ('[et_pb_gallery gallery_ids="12,13"]', '<img data-wp-gallery="1" data-ids="12,13">'),
        (
            '[fusion_imageframe image_id="12|full" alt="A"]https://x.example/a.jpg[/fusion_imageframe]',
            '<img src="https://x.example/a.jpg" alt="A">',
        ),
        (
            '[fusion_imageframe image_id="12|full"]<img src="https://x.example/a.jpg">[/fusion_imageframe]',
            '<img src="https://x.example/a.jpg">',
        ),
        (
            '[et_pb_blurb title="Rest" url="/rest/" image="https://x.example/a.jpg"]Words.[/et_pb_blurb]',
            '<a href="/rest/"><img src="https://x.example/a.jpg" alt=""></a><h3><a href="/rest/">Rest</a></h3><p>Words.</p>',
        ),
    ],
)  # fmt: skip
def test_images_are_found_in_attributes(body: str, html: str) -> None:
    found = to_html(body).html.replace("\n", "")
    assert found.replace("<p><img", "<img").removesuffix("</p>") == html.removesuffix("</p>")
    assert to_html(body).shortcodes == (body[1:].split()[0],)
