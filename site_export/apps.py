"""Configuration for the export app."""

from django.apps import AppConfig


class SiteExportConfig(AppConfig):
    """Move a site out, or to another installation."""

    name = "site_export"
    verbose_name = "Site export"
