"""The `sizes` of images agree with the layout, so that browsers load the right rendition."""

import io

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, Route

from ads.models import Ad
from affiliates.models import Program
from images.models import Image
from images.rendition_formats import FORMATS_HASH
from instagram.models import InstagramPost
from tests.affiliates.factories import make_comparison, make_favorite
from tests.example_site import make_example_site
from tests.factories import make_image
from tests.layout.factories import fill_every_area

WIDTHS = (390, 768, 1100, 1280, 1920)
PATHS = (
    "/",
    "/blog/",
    "/the-knee/",
    "/about/",
    "/about/services/",
    "/shop/",
    "/author/sam/",
    "/search/?q=knee",
    "/nope/",
)
TOLERANCE = 0.15
# Returns the place, the width that `sizes` stands for, and the width of the image.
MEASURE = """() => {
  const ruler = document.body.appendChild(document.createElement("div"))
  const resolve = (sizes) => {
    for (const size of sizes.split(/,(?![^(]*[)])/)) {
      const [, media, length] = size.trim().match(/^([(][^)]*[)])? *(.+)$/)
      ruler.style.width = length
      if (!media || matchMedia(media).matches) return ruler.getBoundingClientRect().width
    }
  }
  return [...document.querySelectorAll("picture")].map((picture) => [
    [picture, picture.parentElement, picture.parentElement.parentElement].map((element) => element.className).join(" < "),
    resolve(picture.querySelector("source").sizes),
    picture.querySelector("img").getBoundingClientRect().width,
  ]).filter(([, , width]) => width > 0)
}"""


def make_site_with_images() -> None:
    """Create a site with an image wherever there can be one, all of them large and rendered."""
    post = make_example_site()
    fill_every_area()
    image = make_image()
    product = make_favorite(Program.objects.amazon(), image=image)
    comparison = make_comparison(product, make_favorite(Program.objects.amazon(), image=image))
    post.body += f'<div data-embed="product" data-id="{product.pk}"></div>'
    post.body += f'<div data-embed="comparison" data-id="{comparison.pk}"></div>'
    post.save()
    for placement in Ad.Placement.values:
        Ad.objects.create(name=placement, placement=placement, image=image, url="https://advertiser.example/")
    for number in range(6):
        InstagramPost.objects.create(image=image, url=f"https://www.instagram.com/p/{number}/")
    Image.objects.update(width=1600, height=1067, formats_hash=FORMATS_HASH)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_sizes_are_close_to_the_width_of_the_image(page: Page) -> None:
    make_site_with_images()
    content = io.BytesIO()
    Pillow.new("RGB", (1600, 1067), "teal").save(content, "JPEG")

    def send_image(route: Route) -> None:
        route.fulfill(body=content.getvalue(), content_type="image/jpeg")

    page.route("**/media/**", send_image)
    wrong, places = set(), set()
    for path in PATHS:
        page.goto(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for place, claimed, actual in page.evaluate(MEASURE):
                places.add(place)
                if abs(claimed / actual - 1) > TOLERANCE:
                    wrong.add((place, width, round(claimed), round(actual)))
    assert len(places) > 20
    assert sorted(wrong) == []
