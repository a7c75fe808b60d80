from django.apps import AppConfig


class FrameConfig(AppConfig):
    name = "frame"
    verbose_name = "Menus and areas"

    def ready(self) -> None:
        from affiliates import usage
        from frame.models import Item

        usage.register(Item, "text")
