import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('siteinfo', '0005_signup_in_posts'),
    ]

    operations = [
        migrations.AddField(
            model_name='siteinfo',
            name='booking_url',
            field=models.URLField(blank=True, help_text='Your page at a booking service. The services and contact pages link to it, and search engines learn about it. Nothing is loaded from it before a visitor follows the link.', validators=[django.core.validators.RegexValidator('^https://', 'Enter a URL that starts with https://.')], verbose_name='page to book a call'),
        ),
    ]
