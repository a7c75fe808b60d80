"""Configuration for the site information app."""

from django.apps import AppConfig


class SiteInfoConfig(AppConfig):
    """Settings, SEO metadata and structured data of the site."""

    name = "siteinfo"
    verbose_name = "This site"
