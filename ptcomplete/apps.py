"""Configuration for the project package and the admin."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PTCompleteConfig(AppConfig):
    """The project package, an app for its management commands."""

    name = "ptcomplete"
    default = True

    def ready(self) -> None:
        """Register the system checks, and set database features that Django would otherwise query."""
        from ptcomplete import checks  # noqa: F401
        from ptcomplete.database_features import set_json_support

        set_json_support()


class PTCompleteAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site class."""

    default = False
    default_site = "ptcomplete.admin_site.PTCompleteAdminSite"

    def ready(self) -> None:
        """Register every app's admin, without taggit's tags, which the blog replaces with its own."""
        from django.contrib import admin
        from taggit.models import Tag

        super().ready()
        admin.site.unregister(Tag)
