from django.apps import AppConfig


class LayoutConfig(AppConfig):
    name = "layout"
    verbose_name = "Menus and widgets"

    def ready(self) -> None:
        from affiliates import usage
        from layout.models import Item

        usage.register(Item, "text")
