from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "outbox"
    verbose_name = "Mails on their way"

    def ready(self) -> None:
        from outbox import checks  # noqa: F401 - registers them
