from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exercises", "0003_body_regions_conditions_goals")]

    operations = [
        migrations.AlterField(
            model_name="bodyregion",
            name="red_flags",
            field=models.TextField(
                blank=True,
                max_length=2000,
                help_text="Signs that need a professional, one per line, the gravest first. They come first on its page and on the pages of its exercises.",
            ),
        ),
    ]
