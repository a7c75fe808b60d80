"""Configuration for the images app."""

from django.apps import AppConfig


class ImagesConfig(AppConfig):
    """The images app."""

    name = "images"
    verbose_name = "Images"

    def ready(self) -> None:
        """Register the embeds, and protect images in use from deletion."""
        from images import embeds
        from images.models import Image, MediaFile
        from richtext import references

        embeds.register()
        references.protect(Image)
        references.protect(MediaFile)
