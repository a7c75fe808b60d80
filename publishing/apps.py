from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"
    verbose_name = "Publishing"

    def ready(self) -> None:
        from pagecache.middleware import register_expiry
        from publishing.document_paths import next_publication_at

        register_expiry(next_publication_at)
