from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"
    verbose_name = "Blog"

    def ready(self) -> None:
        from blog import internal_links, snippets
        from redirects import url_registry

        snippets.register()
        url_registry.register(url_registry.UrlSource(internal_links.broken_reasons, internal_links.public_paths))
