from django.apps import AppConfig


class RichTextConfig(AppConfig):
    name = "richtext"
    verbose_name = "Rich text"

    def ready(self) -> None:
        from richtext import references

        references.connect_signals()
