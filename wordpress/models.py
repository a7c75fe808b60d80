"""The records of imports: what came from where, which run imported it, and what became of everything in the files."""

import hashlib
import json
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from publishing.models import Document


class ImportRun(models.Model):
    """An import of some files: first their preview, then the import, and perhaps its undo.

    `task` is what is done with the files, `state` how far that is. Only one run works at a time: see
    `wordpress.runs`.
    """

    class Task(models.TextChoices):
        """What is done with the files."""

        PREVIEW = "preview", "Preview"
        IMPORT = "import", "Import"
        UNDO = "undo", "Undo"

    class State(models.TextChoices):
        """How far the task is."""

        UPLOADING = "uploading", "Choosing files"
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    task = models.CharField(max_length=10, choices=Task, default=Task.PREVIEW)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADING)
    # Names, sizes and digests of the files, in the order they were given.
    files = models.JSONField(default=list, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    options = models.JSONField(default=dict, blank=True)
    # What the files contain: counts by kind of row, which the report has to match, and what the preview shows.
    expected = models.JSONField(default=dict, blank=True)
    preview = models.JSONField(default=dict, blank=True)
    # Redirects that the import deleted or replaced, and the newest one before it: see wordpress.undo.
    redirects_before = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    step = models.CharField(max_length=100, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Who works on it, and when that process last reported.
    active_at = models.DateTimeField(null=True, blank=True)
    host = models.CharField(max_length=255, blank=True)
    pid = models.PositiveIntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Who asked for the task in the admin.
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    # Started by the management command rather than in the admin.
    is_by_hand = models.BooleanField(default=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "import from WordPress"
        verbose_name_plural = "import from WordPress"
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="wordpress_one_running_import"
            )
        ]

    def __str__(self) -> str:
        return f"Import of {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """Return the URL of its page in the admin."""
        return reverse("admin:wordpress_importrun_change", args=[self.pk])


class ImportedObject(models.Model):
    """Map an object of a WordPress site to the row it was imported as.

    The record outlives the row `object_id`, so a deleted row is not imported again. `digest` detects changes in
    the source, `fingerprint` detects edits made here.
    """

    class Kind(models.TextChoices):
        """Types of imported objects."""

        POST = "post"
        PAGE = "page"
        CATEGORY = "category"
        TAG = "tag"
        AUTHOR = "author"
        IMAGE = "image"
        FILE = "file"
        VIDEO = "video"
        COMMENT = "comment"
        MENU = "menu"
        REDIRECT = "redirect"
        SITE = "site"
        SETTINGS = "settings"
        LINK = "link"
        PROGRAM = "program"
        REFERENCE = "reference"
        DISCLAIMER = "disclaimer"

    site = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=700)
    object_id = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    # The run that recorded it, and whether the run created the row or found it here.
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="objects_imported")
    is_new = models.BooleanField(default=False)
    # The WordPress ID of the featured image of a document, if it is not in the library yet.
    awaited_image = models.PositiveBigIntegerField(null=True, blank=True)
    # The values of a row that was here before and was filled in, such as a starter page.
    before = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [models.UniqueConstraint("site", "kind", "key", name="wordpress_importedobject_unique")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} of {self.site}"


class ImportedMenu(models.Model):
    """A menu of a WordPress site, until the author has chosen its place. `entries` are `wordpress.menus.Entry`."""

    site = models.CharField(max_length=255)
    slug = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    entries = models.JSONField(default=list)

    class Meta:
        ordering = ("site", "name")
        verbose_name = "menu from WordPress"
        verbose_name_plural = "menus from WordPress"
        constraints = [models.UniqueConstraint("site", "slug", name="wordpress_importedmenu_unique")]

    def __str__(self) -> str:
        return self.name


class ReportRow(models.Model):
    """What became of one item, image, comment, shortcode or URL of a run. Written by `wordpress.report.Report`."""

    class Kind(models.TextChoices):
        """What the row is about. The first four are the items of the file."""

        POST = "post", "Posts"
        PAGE = "page", "Pages"
        ATTACHMENT = "attachment", "Media library"
        ITEM = "item", "Other items"
        COMMENT = "comment", "Comments"
        IMAGE = "image", "Images"
        FILE = "file", "Files"
        AUTHOR = "author", "Authors"
        CATEGORY = "category", "Categories"
        TAG = "tag", "Tags"
        MENU = "menu", "Menus"
        REFERENCE = "reference", "References"
        SEO = "seo", "Search engine settings"
        SHORTCODE = "shortcode", "Shortcodes"
        BLOCK = "block", "Blocks"
        DISCLAIMER = "disclaimer", "Disclaimers"
        LINK = "link", "Links"
        URL = "url", "Old URLs"
        REDIRECT = "redirect", "Redirects"
        NOTE = "note", "Notes"

    class Outcome(models.TextChoices):
        """What became of it."""

        CREATED = "created", "Imported"
        UPDATED = "updated", "Updated"
        UNCHANGED = "unchanged", "Already here"
        CONFLICT = "conflict", "Kept with your edits"
        WITHDRAWN = "withdrawn", "Moved to the trash"
        SKIPPED = "skipped", "Not imported"
        FAILED = "failed", "Failed"
        MISSING = "missing", "Not found"
        CONVERTED = "converted", "Converted"
        LEFT = "left", "Left as it was"
        REMOVED = "removed", "Removed, text kept"
        REDIRECTED = "redirected", "Redirected"
        OK = "ok", "Works"
        NOTE = "note", "For your information"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=20, choices=Kind)
    # Identifies the row in its run, so that a run that goes on after an interruption does not repeat it.
    key = models.CharField(max_length=32)
    source_id = models.CharField("WordPress ID", max_length=100, blank=True)
    # The title of the post or other item it is about or in.
    title = models.CharField(max_length=255, blank=True)
    # An old URL, or the name of a shortcode, block or type.
    source = models.CharField(max_length=2000, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome)
    reason = models.TextField(blank=True)
    # The row here, such as blog.post 12.
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.PositiveBigIntegerField(null=True, blank=True)
    # What an undo did with the row here.
    undone = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "kind", "key"], name="wordpress_reportrow_unique")]
        indexes = [models.Index(fields=["run", "kind", "outcome"], name="wordpress_reportrow_filter")]

    def __str__(self) -> str:
        return f"{self.kind} “{self.title or self.source}”: {self.outcome}"

    @property
    def admin_url(self) -> str:
        """The page in the admin of the row here, or ""."""
        if not self.object_type or self.object_id is None:
            return ""
        try:
            return reverse(f"admin:{self.object_type.replace('.', '_')}_change", args=[self.object_id])
        except NoReverseMatch:
            return ""

    @property
    def model(self) -> type[models.Model] | None:
        """The model of the row here."""
        return apps.get_model(self.object_type) if self.object_type else None


def digest(*values: Any) -> str:
    """Return the SHA-256 hex digest of `values`."""
    return hashlib.sha256(repr(values).encode()).hexdigest()


# Fields added after the first imports. While they are empty, the fingerprints of those imports stay the same.
_LATER_FIELDS = frozenset({"template"})


def fingerprint(document: Document, related: Mapping[str, Collection[Any]] | None = None) -> str:
    """Return the digest of everything the author can edit. Databases differ in fractions of a second.

    `related` holds the rows of its many-to-many fields, if they are known without a query.
    """
    when = document.published_at and int(document.published_at.timestamp())
    state = [document.slug, document.status, when, document.trashed_at is not None]
    above = [document.parent_id] if hasattr(document, "parent_id") else []
    content = [
        pair for pair in document.snapshot(related).items() if pair[1] is not None or pair[0] not in _LATER_FIELDS
    ]
    # A choice that was not saved yet is a member of its enumeration, which is represented in another way.
    plain = [(name, value.value if isinstance(value, Enum) else value) for name, value in content]
    return digest(*map(str, state + above), sorted(plain))


def row_fingerprint(row: models.Model, *ignored: str) -> str:
    """Return the digest of the stored fields of any row, without times and those in `ignored`."""
    fields = [
        field
        for field in row._meta.concrete_fields
        if not isinstance(field, models.DateTimeField) and field.attname not in ignored
    ]
    values = (field.value_from_object(row) for field in fields)
    # PostgreSQL does not keep the order of keys in JSON.
    return digest(
        *(json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else str(value) for value in values)
    )
