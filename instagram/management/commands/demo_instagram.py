"""Fill the Instagram strip of the demo site."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.utils import timezone

from images.models import Image
from images.uploads import unprocessed
from instagram.models import InstagramPost

# File name of a demo image, its alternative text, and the caption.
POSTS = (
    ("tile-2", "Drawing of a clay mug of coffee", "Coffee first, then calf raises while the kettle cools."),
    ("tile-5", "Drawing of a kettlebell in the sun", "Heavier than my handbag, kinder to my back."),
    ("tile-3", "Drawing of eucalyptus branches", "New branches for the treatment room."),
    ("carry", "Drawing of a person carrying two bags", "Shopping counts as training. Both hands, long neck."),
    ("roller", "Drawing of a foam roller", "Ninety seconds. It does not have to hurt."),
    ("balance", "Drawing of a person balancing on one leg", "One leg, one song. Swap at the chorus."),
)


class Command(BaseCommand):
    """`demo_instagram`. Does nothing if there are posts already."""

    help = "Fill the Instagram strip with the demo's images, if it is empty."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the posts, and the images that are not in the library yet."""
        if InstagramPost.objects.exists():
            return
        folder = Path(apps.get_app_config("blog").path) / "demo" / "images"
        for number, (name, alt, caption) in enumerate(POSTS):
            image = Image.objects.filter(title=f"Demo: {name}").first()
            if image is None:
                file = unprocessed((folder / f"{name}.webp").read_bytes(), f"{name}.webp")
                image = Image.objects.create(title=f"Demo: {name}", alt=alt, file=file)
            posted_at = timezone.now() - timedelta(days=3 * number)
            InstagramPost.objects.create(image=image, caption=caption, posted_at=posted_at)
