"""App configuration for publishing."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """What every document shares: status, revisions, autosaves, pending edits, previews and paths."""

    name = "publishing"
    verbose_name = "Publishing"

    def ready(self) -> None:
        """Let cached pages expire when the next scheduled document becomes public, and check how texts were made."""
        from pagecache.expiry import register_expiry
        from publishing.document_paths import next_publication_at
        from publishing.origin_checks import origin_errors
        from publishing.publish_checks import register_publish_check

        register_expiry(next_publication_at)
        register_publish_check(origin_errors)
