from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class PageCacheConfig(AppConfig):
    name = "pagecache"
    verbose_name = "Page cache"

    def ready(self) -> None:
        from pagecache.invalidation import everything_changed, watch

        connection_created.connect(watch, dispatch_uid="pagecache")
        for connection in connections.all(initialized_only=True):
            watch(connection=connection)

        def released(using: str, **kwargs: Any) -> None:
            """A new release may show the same words another way."""
            everything_changed(using)

        post_migrate.connect(released, sender=self, weak=False, dispatch_uid="pagecache")
