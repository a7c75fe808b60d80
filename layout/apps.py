from django.apps import AppConfig


class LayoutConfig(AppConfig):
    name = "layout"
    verbose_name = "Menus and widgets"

    def ready(self) -> None:
        from affiliates import references
        from layout.models import Item

        references.register(Item, "text")
