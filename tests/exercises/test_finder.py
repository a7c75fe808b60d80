"""Body regions, conditions and goals in the admin."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from lxml import etree

from exercises.body_parts import BodyPart
from exercises.models import BodyRegion, Goal
from redirects.models import Redirect
from siteinfo.urls import admin_url
from tests.example_site import get_page
from tests.exercises.factories import make_exercise, make_region

pytestmark = pytest.mark.django_db


def region_data(**changes: Any) -> dict[str, Any]:
    return {"name": "Lower back", "slug": "", "position": "0", "parts": ["lower-back"], **changes}


def test_an_editor_creates_a_region_with_its_part_of_the_drawing(admin_client: Client) -> None:
    data = region_data(red_flags="Numb between the legs.\n\nWeak legs.", anatomical_name="Lumbar region")
    assert admin_client.post(reverse("admin:exercises_bodyregion_add"), data).status_code == 302
    region = BodyRegion.objects.get()
    assert (region.slug, region.drawn_parts) == ("lower-back", ["lower-back"])
    assert region.red_flag_list == ["Numb between the legs.", "Weak legs."]


def test_a_part_of_the_drawing_leads_to_one_region(admin_client: Client) -> None:
    make_region("Back", parts=["lower-back", "upper-back"])
    response = admin_client.post(reverse("admin:exercises_bodyregion_add"), region_data())
    assert "“Lower back” leads to “Back” already. Choose it for one region." in response.content.decode()
    assert BodyRegion.objects.count() == 1


@pytest.mark.parametrize("parts", ["knee", ["tail"], [["knee"]], {"knee": 1}])
def test_parts_that_the_drawing_does_not_have_are_rejected(parts: Any) -> None:
    with pytest.raises(ValidationError):
        BodyRegion(name="Knee", slug="knee", parts=parts).full_clean()


def test_too_many_red_flags_are_rejected() -> None:
    with pytest.raises(ValidationError, match="at most 12 signs"):
        BodyRegion(name="Knee", slug="knee", red_flags="\n".join(map(str, range(13)))).full_clean()


def test_every_part_has_a_shape_and_every_shape_is_a_part() -> None:
    drawing: Any = etree.fromstring(f"<svg>{render_to_string('exercises/_body_shapes.html')}</svg>")
    shapes = {str(name).removeprefix("body-") for name in drawing.xpath("//g/@id")}
    assert shapes == set(BodyPart.values)
    assert all(group.xpath("path") for group in drawing.iter("g"))


def test_the_regions_of_an_exercise_are_chosen_as_chips(admin_client: Client) -> None:
    exercise = make_exercise()
    knee = make_region("Knee", exercise)
    goal = Goal.objects.create(name="Climb stairs")
    page = get_page(admin_client, admin_url(exercise))
    chips = page.xpath("//div[@class='chip-choices']//label[normalize-space(.)='Knee']/input")
    assert [(chip.get("name"), chip.get("value"), chip.get("checked")) for chip in chips] == [
        ("body_regions", str(knee.pk), "checked")
    ]
    assert page.xpath(f"//div[@class='chip-choices']//input[@name='goals' and @value='{goal.pk}']")


def test_a_renamed_region_redirects_from_its_old_url(client: Client) -> None:
    region = make_region("Knee", make_exercise())
    region.slug = "knees"
    region.save()
    assert Redirect.objects.get().target == "/where-does-it-hurt/knees/"
    assert client.get("/where-does-it-hurt/knee/").headers["Location"] == "/where-does-it-hurt/knees/"
