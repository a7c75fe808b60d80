"""App configuration for comments."""

from django.apps import AppConfig


class CommentsConfig(AppConfig):
    """Comments and their moderation."""

    name = "comments"
    verbose_name = "Comments"

    def ready(self) -> None:
        """Add the comments to the structured data of posts and to the weekly email."""
        from blog.seo import register_article_properties
        from comments import reports
        from comments.structured_data import article_properties

        register_article_properties(article_properties)
        reports.register()
