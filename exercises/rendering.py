"""Render the cards of exercises that texts embed."""

from collections.abc import Collection, Iterable

from django.template.loader import render_to_string
from django.utils.html import format_html

from exercises.models import Exercise
from richtext import embeds
from richtext.embeds import Embed, RenderTarget

KIND = "exercise"


def register() -> None:
    """Register the embed "exercise" with richtext."""
    embeds.register(KIND, Exercise, resolve)


def resolve(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Return the card of each published exercise; for the editor, a placeholder with its name. Constant queries."""
    pks = {embed.id for embed in wanted}
    if target is RenderTarget.EDITOR:
        names = Exercise.objects.filter(pk__in=pks).values_list("pk", "name")
        placeholder = '<div data-embed="exercise" data-id="{}" data-title="{}"></div>'
        markup = {pk: str(format_html(placeholder, pk, name)) for pk, name in names}
    else:
        exercises = Exercise.objects.published().for_cards().filter(pk__in=pks)
        markup = render_cards(list(exercises), target)
    return {embed: markup[embed.id] for embed in wanted if embed.id in markup}


def render_cards(
    exercises: Collection[Exercise], target: RenderTarget = RenderTarget.PAGE, *, is_own_page: bool = False
) -> dict[int, str]:
    """Return the card of each exercise by primary key. On its own page, the heading is that of the page."""
    media = _media(exercises, target)
    return {
        exercise.pk: render_to_string(
            "exercises/_card.html" if target is RenderTarget.PAGE else "exercises/_plain_card.html",
            {
                "exercise": exercise,
                "is_own_page": is_own_page,
                "video": media.get(Embed("video", exercise.video_id or 0), ""),
                "images": [media.get(Embed("image", each.image_id), "") for each in exercise.images.all()],
            },
        )
        for exercise in exercises
    }


def _media(exercises: Iterable[Exercise], target: RenderTarget) -> dict[Embed, str]:
    """Return the videos, and outside pages also the images, in the form that `target` needs."""
    wanted = {Embed("video", exercise.video_id) for exercise in exercises if exercise.video_id}
    if target is not RenderTarget.PAGE:
        wanted |= {Embed("image", each.image_id) for exercise in exercises for each in exercise.images.all()}
    return embeds.resolve(wanted, target)
