from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("newsletter", "0002_reword_help_texts"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="newslettersettings",
            name="worker_seen_at",
        ),
    ]
