"""Add the glossary."""

import django.db.models.functions.text
from django.db import migrations, models

import plaintext.slugs


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0002_disclaimers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Term",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="As in a dictionary, such as tendon or range of motion.",
                        max_length=80,
                        verbose_name="term",
                    ),
                ),
                (
                    "slug",
                    plaintext.slugs.UnicodeSlugField(
                        blank=True,
                        help_text="The term's anchor on the glossary page. Leave empty to create it from the term.",
                        max_length=80,
                        unique=True,
                    ),
                ),
                (
                    "meaning",
                    models.TextField(
                        help_text="One or two plain sentences. Visitors see them where a text uses the term first.",
                        max_length=300,
                    ),
                ),
                (
                    "variants",
                    models.TextField(
                        blank=True,
                        help_text="One per line, such as an abbreviation or another spelling. A plural with s is found anyway.",
                        max_length=1000,
                        verbose_name="other forms",
                    ),
                ),
                (
                    "details",
                    models.TextField(
                        blank=True,
                        help_text="Shown on the glossary page only, below the meaning.",
                        max_length=5000,
                        verbose_name="more about it",
                    ),
                ),
                ("modified_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": (django.db.models.functions.text.Lower("name"),),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="evidence_term_unique_name",
                        violation_error_message="The glossary has this term already.",
                    )
                ],
            },
        ),
    ]
