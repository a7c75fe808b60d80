from django.apps import AppConfig


class ImagesConfig(AppConfig):
    name = "images"
    verbose_name = "Pictures"

    def ready(self) -> None:
        from images import embeds
        from images.models import Image
        from richtext import references

        embeds.register()
        references.protect(Image)
