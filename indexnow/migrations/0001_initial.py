import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SubmissionState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "next_attempt_at",
                    models.DateTimeField(default=django.utils.timezone.now, help_text="Not before this time."),
                ),
                ("failures", models.PositiveSmallIntegerField(default=0, help_text="Attempts since the last success.")),
                (
                    "error",
                    models.CharField(blank=True, max_length=300, help_text="Why the last attempt failed."),
                ),
                ("failed_at", models.DateTimeField(null=True, help_text="When it failed.")),
                ("submitted_at", models.DateTimeField(null=True, help_text="When URLs were last accepted.")),
                (
                    "submitted_count",
                    models.PositiveIntegerField(default=0, help_text="The number of URLs accepted then."),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="SubmittedPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document_kind", models.CharField(max_length=20, help_text="The name of its model.")),
                ("document_id", models.PositiveBigIntegerField(help_text="Its primary key.")),
                ("path", models.CharField(max_length=600, help_text="Its URL on this site.")),
                (
                    "version",
                    models.CharField(
                        max_length=80, help_text="Changes when it is published, or changed in substance."
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("document_kind", "document_id"), name="indexnow_page_once")
                ],
            },
        ),
    ]
