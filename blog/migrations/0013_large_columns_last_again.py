"""Move the large columns of posts behind those that were added since, as 0009 did."""

from importlib import import_module

from django.db import migrations

_FIRST_TIME = import_module("blog.migrations.0009_large_columns_last")


class Migration(migrations.Migration):
    dependencies = [("blog", "0012_indexes_for_many_posts")]

    operations = _FIRST_TIME.Migration.operations
