"""Fill the follow-along strip of the demo site."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.utils import timezone

from images.models import Image
from images.uploads import keep_unchanged
from instagram.models import Shot

# A picture of the demo, what it shows, and the words under it.
SHOTS = (
    ("tile-2", "Drawing of a clay mug of coffee", "Coffee first, then calf raises while the kettle cools."),
    ("tile-5", "Drawing of a kettlebell in the sun", "Heavier than my handbag, kinder to my back."),
    ("tile-3", "Drawing of eucalyptus branches", "New branches for the treatment room."),
    ("carry", "Drawing of somebody who carries two bags", "Shopping counts as training. Both hands, long neck."),
    ("roller", "Drawing of a foam roller", "Ninety seconds. It does not have to hurt."),
    ("balance", "Drawing of somebody who stands on one leg", "One leg, one song. Swap at the chorus."),
)


class Command(BaseCommand):
    """`demo_instagram`: six squares, unless there is one already."""

    help = "Fill the follow-along strip with the demo's pictures, if it is empty."

    def handle(self, *args: Any, **options: Any) -> None:
        if Shot.objects.exists():
            return
        folder = Path(apps.get_app_config("blog").path) / "demo" / "images"
        for days, (name, alt, caption) in enumerate(SHOTS):
            picture = Image.objects.filter(title=f"Demo: {name}").first()
            if picture is None:
                file = keep_unchanged((folder / f"{name}.webp").read_bytes(), f"{name}.webp")
                picture = Image.objects.create(title=f"Demo: {name}", alt=alt, file=file)
            Shot.objects.create(picture=picture, caption=caption, taken_at=timezone.now() - timedelta(days=3 * days))
