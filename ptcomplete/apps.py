from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PtcompleteConfig(AppConfig):
    name = "ptcomplete"
    default = True


class DeskConfig(admin_apps.AdminConfig):
    """Django's admin, with our site class as the default one."""

    default = False
    default_site = "ptcomplete.admin_site.Desk"

    def ready(self) -> None:
        from django.contrib import admin
        from taggit.models import Tag

        super().ready()
        # Our own tags are in the blog's room; taggit's are never used.
        admin.site.unregister(Tag)
