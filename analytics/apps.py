"""App configuration for analytics."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Page views, the counters that other apps build on, and reports."""

    name = "analytics"
    verbose_name = "Analytics"

    def ready(self) -> None:
        """Add the tables of page views to the reports, and what they say to the weekly email."""
        from analytics import weekly, weekly_sections
        from analytics.reports import reviews, search_console, searches, speed, tables, visits

        tables.register("", "best", visits.best_pages, is_by_document=True)
        tables.register("", "falling", visits.falling_pages, is_by_document=True)
        for report in ("visits", "document"):
            tables.register(report, "referrers", visits.referrers, is_by_document=True)
            tables.register(report, "outbound", visits.outbound, is_by_document=True)
            tables.register(report, "devices", visits.devices, is_by_document=True)
        tables.register("searches", "without-results", searches.without_results)
        tables.register("searches", "searches", searches.most_frequent)
        tables.register("speed", "core-web-vitals", speed.core_web_vitals)
        for report in ("results", "document"):
            tables.register(report, "reviews", reviews.reviews_due, is_by_document=True)
        for report in ("search-console", "document"):
            tables.register(report, "search-console", search_console.pages, is_by_document=True)
        weekly.register(weekly_sections.reviews_due, order=5)
        weekly.register(weekly_sections.empty_searches, order=50)
        weekly.register(weekly_sections.falling, order=60)
        weekly.register(weekly_sections.best, order=70)
