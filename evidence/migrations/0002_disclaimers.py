"""Add disclaimers by kind. The one of the site information becomes the default."""

from django.db import migrations, models

from evidence.disclaimers.starters import STARTERS


def create_starters(apps, schema_editor):
    Disclaimer = apps.get_model("evidence", "Disclaimer")
    SiteInfo = apps.get_model("siteinfo", "SiteInfo")
    own = next(iter(SiteInfo.objects.values_list("disclaimer", flat=True)), "").strip()
    for number, (name, text) in enumerate(STARTERS):
        is_default = number == 0
        Disclaimer.objects.create(name=name, text=own if own and is_default else text, is_default=is_default)


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0001_initial"),
        # Writing a row makes cached pages stale.
        ("pagecache", "0001_initial"),
        ("siteinfo", "0003_add_appearance"),
    ]

    operations = [
        migrations.CreateModel(
            name="Disclaimer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="What it is for, such as Exercise. Only shown in the admin.",
                        max_length=80,
                        unique=True,
                    ),
                ),
                (
                    "text",
                    models.TextField(
                        blank=True,
                        help_text="Shown once on each post, also in feeds and emails. Leave empty for posts that need no disclaimer.",
                        max_length=1500,
                    ),
                ),
                (
                    "is_default",
                    models.BooleanField(
                        default=False,
                        help_text="Posts show this disclaimer unless their category or template has another one.",
                        verbose_name="use for all other posts",
                    ),
                ),
            ],
            options={
                "ordering": ("-is_default", "name"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="evidence_one_default_disclaimer",
                    )
                ],
            },
        ),
        migrations.RunPython(create_starters, migrations.RunPython.noop),
    ]
