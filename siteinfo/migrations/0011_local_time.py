from django.db import migrations, models

import siteinfo.models


class Migration(migrations.Migration):

    dependencies = [
        ('siteinfo', '0010_indexnow'),
    ]

    operations = [
        migrations.AddField(
            model_name='siteinfo',
            name='time_zone',
            field=models.CharField(blank=True, help_text='Where you live or work. Days begin at its midnight, and times in the admin, on pages and in emails are those of its clocks. Posts that are scheduled keep their moment when you change it.', max_length=64, validators=[siteinfo.models.validate_time_zone]),
        ),
        migrations.AddField(
            model_name='siteinfo',
            name='date_format',
            field=models.CharField(blank=True, choices=[('month-first', 'November 30, 2026'), ('day-first', '30 November 2026'), ('short-day-first', '30 Nov 2026'), ('iso', '2026-11-30')], help_text='How dates look on pages, in emails and in the admin.', max_length=20),
        ),
    ]
