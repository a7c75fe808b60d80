from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('site_export', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='siteexport',
            name='host',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='siteexport',
            name='pid',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
