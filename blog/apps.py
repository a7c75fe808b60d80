"""App configuration for the blog."""

from django.apps import AppConfig


class BlogConfig(AppConfig):
    """Register snippets, URLs and the checklist with the apps below."""

    name = "blog"
    verbose_name = "Blog"

    def ready(self) -> None:
        """Register with the apps below, which do not import the blog."""
        from blog import checklist, embeds, internal_links, reports
        from publishing.publish_checks import register_publish_check
        from redirects import url_registry

        embeds.register()
        reports.register()
        register_publish_check(checklist.publish_errors)
        url_registry.register(url_registry.UrlSource(internal_links.missing_pages, internal_links.public_paths))
