"""Configuration for the page cache."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class PageCacheConfig(AppConfig):
    """Connects cache invalidation to the database."""

    name = "pagecache"
    verbose_name = "Page cache"

    def ready(self) -> None:
        """Watch writes on every connection, and invalidate the cache after each migration."""
        from pagecache.invalidation import install_write_hook, invalidate_all

        connection_created.connect(install_write_hook, dispatch_uid="pagecache")
        for connection in connections.all(initialized_only=True):
            install_write_hook(connection=connection)

        def invalidate_after_release(using: str, **kwargs: Any) -> None:
            # A new release may render the same content differently.
            invalidate_all(using)

        post_migrate.connect(invalidate_after_release, sender=self, weak=False, dispatch_uid="pagecache")
