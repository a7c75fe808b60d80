import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("richtext", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RenderingProblem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_id", models.PositiveBigIntegerField()),
                ("place", models.CharField(max_length=40)),
                ("error", models.CharField(max_length=100)),
                ("failed_at", models.DateTimeField()),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contenttypes.contenttype"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("content_type", "object_id", "place"), name="richtext_one_problem_per_place"
                    )
                ],
            },
        ),
    ]
