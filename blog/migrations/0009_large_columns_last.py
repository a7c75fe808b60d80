"""Move the large columns of posts behind those that were added since.

SQLite reads a row from its start, and a long text fills separate pages. A column behind it costs a list of posts
as much as reading all their texts.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def copy_texts(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Copy the values to the new columns, without a new time of change."""
    apps.get_model("blog", "Post").objects.update(headings=F("old_headings"), body=F("old_body"))


def copy_texts_back(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Copy the values to the old columns."""
    apps.get_model("blog", "Post").objects.update(old_headings=F("headings"), old_body=F("body"))


class Migration(migrations.Migration):
    dependencies = [("blog", "0008_text_origin")]

    operations = [
        migrations.RenameField("post", "headings", "old_headings"),
        migrations.RenameField("post", "body", "old_body"),
        migrations.AddField("post", "headings", models.JSONField(default=list, editable=False)),
        migrations.AddField("post", "body", models.TextField(blank=True, default="", verbose_name="text")),
        migrations.AlterField("post", "body", models.TextField(blank=True, verbose_name="text")),
        migrations.RunPython(copy_texts, copy_texts_back),
        migrations.RemoveField("post", "old_headings"),
        migrations.RemoveField("post", "old_body"),
    ]
