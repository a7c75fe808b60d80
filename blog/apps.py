from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"
    verbose_name = "Blog"

    def ready(self) -> None:
        from blog import linking, passages
        from redirects import places

        passages.register()
        places.register(places.Places(linking.why_dead, linking.live_places))
