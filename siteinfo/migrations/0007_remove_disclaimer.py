"""Remove the disclaimer of the site information, which became a record of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("siteinfo", "0006_booking_url"),
        ("evidence", "0002_disclaimers"),
    ]

    operations = [
        migrations.RemoveField(model_name="siteinfo", name="disclaimer"),
    ]
