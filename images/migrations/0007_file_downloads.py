from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("images", "0006_site_images"),
    ]

    operations = [
        migrations.AddField(
            model_name="mediafile",
            name="download_count",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]
