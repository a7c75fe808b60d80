"""What Google Search Console says about our pages, from its CSV files."""

from django.db import models


class SearchConsoleReport(models.Model):
    """An uploaded file, with the days it is about."""

    first_day = models.DateField("first day", help_text="The first day of the report in Search Console.")
    last_day = models.DateField("last day", help_text="Its last day.")
    uploaded_at = models.DateTimeField("uploaded", auto_now=True, help_text="When the file was uploaded.")

    class Meta:
        """One report for the same days, so that uploading again replaces it."""

        ordering = ("-last_day", "-first_day")
        verbose_name = "Search Console report"
        constraints = [
            models.UniqueConstraint("first_day", "last_day", name="analytics_searchconsole_once"),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="analytics_searchconsole_days",
                violation_error_message="The last day must not be before the first day.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"


class SearchConsolePage(models.Model):
    """A line of the report: a URL, joined to the post or page that it shows."""

    report = models.ForeignKey(
        SearchConsoleReport, on_delete=models.CASCADE, related_name="pages", help_text="The uploaded file."
    )
    url = models.CharField("URL", max_length=1000, help_text="As in the file.")
    kind = models.CharField(max_length=20, blank=True, help_text="The name of the document’s model.")
    document_id = models.PositiveBigIntegerField(null=True, help_text="The post or page. Empty: another URL.")
    clicks = models.PositiveIntegerField(help_text="Clicks in search results.")
    impressions = models.PositiveIntegerField(help_text="How often the URL was in search results.")
    position = models.FloatField(null=True, help_text="The average position in search results.")

    class Meta:
        """Find the lines of a document."""

        indexes = [models.Index(fields=("report", "kind", "document_id"), name="analytics_searchconsole_doc")]

    def __str__(self) -> str:
        return self.url
