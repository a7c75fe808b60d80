"""What visitors looked at, by day. No row can be traced to a person; `DailyVisitor` is deleted the next day."""

from django.db import models

from analytics.models.daily_count import DailyCount, DailyCountQuerySet

# The host of a view without a referrer, and of all hosts beyond the limit per page and day.
DIRECT, OTHER = "", "*"


class CountedPage(models.Model):
    """A page that was viewed while it existed. The row without a path is the whole site."""

    path = models.CharField("URL", max_length=500, unique=True, help_text="Its path on this site.")
    kind = models.CharField(
        max_length=20, help_text="A key of the setting PAGE_TYPES, or the name of a document’s model."
    )
    document_id = models.PositiveBigIntegerField(
        null=True, help_text="The post or page at this path. It stays the same when the path changes."
    )

    class Meta:
        """Find the paths of a document."""

        verbose_name = "counted page"
        indexes = [models.Index(fields=("kind", "document_id"), name="analytics_page_document")]

    def __str__(self) -> str:
        return self.path or "The whole site"


class PageCount(DailyCount):
    """The views of a page on a day: by how many visitors, how often as the first page, and on which devices."""

    page = models.ForeignKey(CountedPage, on_delete=models.CASCADE, related_name="counts", help_text="The page.")
    views = models.PositiveIntegerField(default=0, help_text="How often it was opened.")
    visitors = models.PositiveIntegerField(default=0, help_text="By how many browsers and networks on that day.")
    entries = models.PositiveIntegerField(default=0, help_text="How often it was the first page of a visit.")
    phones = models.PositiveIntegerField(default=0, help_text="Views in windows narrower than 600 pixels.")
    tablets = models.PositiveIntegerField(default=0, help_text="Views in windows of 600 to 1,023 pixels.")
    desktops = models.PositiveIntegerField(default=0, help_text="Views in wider windows.")

    objects = DailyCountQuerySet["PageCount"].as_manager()

    class Meta:
        """One row per page and day."""

        ordering = ("-day",)
        constraints = [models.UniqueConstraint("page", "day", name="analytics_pagecount_one_a_day")]
        indexes = [models.Index(fields=("day", "page"), name="analytics_pagecount_day")]

    def __str__(self) -> str:
        return f"{self.page}, {self.day}: {self.views}"


class HostCount(DailyCount):
    """How often visitors came to a page from another site, or left it for one, on a day."""

    page = models.ForeignKey(CountedPage, on_delete=models.CASCADE, related_name="host_counts", help_text="The page.")
    is_outbound = models.BooleanField("outbound", help_text="A click on a link to the site, not a visit from it.")
    host = models.CharField(max_length=100, blank=True, help_text="The other site. Empty: none, *: all others.")
    count = models.PositiveIntegerField(default=0, help_text="How often.")

    objects = DailyCountQuerySet["HostCount"].as_manager()

    class Meta:
        """One row per page, direction, host and day."""

        ordering = ("-day", "-count")
        constraints = [
            models.UniqueConstraint("page", "is_outbound", "host", "day", name="analytics_hostcount_one_a_day")
        ]
        indexes = [models.Index(fields=("day", "is_outbound", "host", "count"), name="analytics_hostcount_day")]

    def __str__(self) -> str:
        return f"{self.page}, {self.host}, {self.day}: {self.count}"


class VitalCount(DailyCount):
    """A bar of the histogram of one Core Web Vital of one kind of page on a day. See `analytics.web_vitals`."""

    kind = models.CharField(max_length=20, help_text="The kind of page.")
    metric = models.CharField(max_length=3, help_text="LCP, INP or CLS.")
    bucket = models.PositiveSmallIntegerField(help_text="The number of the bar.")
    count = models.PositiveIntegerField(default=0, help_text="The page views with such a value.")

    objects = DailyCountQuerySet["VitalCount"].as_manager()

    class Meta:
        """One row per kind of page, metric, bucket and day."""

        ordering = ("-day",)
        constraints = [
            models.UniqueConstraint("kind", "metric", "bucket", "day", name="analytics_vitalcount_one_a_day")
        ]
        indexes = [models.Index(fields=("day",), name="analytics_vitalcount_day")]

    def __str__(self) -> str:
        return f"{self.kind}, {self.metric}, {self.day}: {self.count}"


class SearchCount(DailyCount):
    """How often visitors searched for something on a day, and how often nothing was found."""

    words = models.CharField(max_length=60, help_text="What was searched for, in lower case. *: everything else.")
    count = models.PositiveIntegerField(default=0, help_text="How often.")
    without_results = models.PositiveIntegerField(default=0, help_text="How often nothing was found.")

    objects = DailyCountQuerySet["SearchCount"].as_manager()

    class Meta:
        """One row per words and day."""

        ordering = ("-day", "-count")
        constraints = [models.UniqueConstraint("words", "day", name="analytics_searchcount_one_a_day")]
        indexes = [models.Index(fields=("day",), name="analytics_searchcount_day")]

    def __str__(self) -> str:
        return f"{self.words}, {self.day}: {self.count}"


class DailyVisitor(models.Model):
    """The views of one page by one visitor today, so that each visitor counts once. Deleted the next day."""

    day = models.DateField(help_text="The day of the visit.")
    visitor = models.CharField(
        max_length=24, help_text="A code of the network and browser, made with a key that changes every day."
    )
    page = models.ForeignKey(CountedPage, on_delete=models.CASCADE, related_name="+", help_text="The page.")
    views = models.PositiveIntegerField(default=0, help_text="How often the visitor opened it today.")

    class Meta:
        """One row per visitor, page and day."""

        constraints = [models.UniqueConstraint("visitor", "page", "day", name="analytics_dailyvisitor_once")]
        indexes = [models.Index(fields=("day",), name="analytics_dailyvisitor_day")]

    def __str__(self) -> str:
        return f"{self.page}, {self.day}: {self.views}"


class AppliedBatch(models.Model):
    """A file of page views that has been counted, so that none counts twice. Deleted after a day."""

    name = models.CharField(max_length=80, unique=True, help_text="The name of the file.")
    applied_at = models.DateTimeField(auto_now_add=True, help_text="When it was counted.")

    def __str__(self) -> str:
        return self.name
