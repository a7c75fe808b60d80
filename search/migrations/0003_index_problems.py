from django.db import migrations, models

from search.backends import get_backend


def recreate_index(apps, schema_editor):
    """Create the full-text index again on SQLite, where adding a column makes a new table without the triggers."""
    if schema_editor.connection.vendor == "sqlite":
        get_backend().create_index(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0002_fold_and_stem_in_python'),
    ]

    operations = [
        migrations.AddField(
            model_name='indexentry',
            name='problem',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.RunPython(recreate_index, migrations.RunPython.noop, elidable=False),
    ]
