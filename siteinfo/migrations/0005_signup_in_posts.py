from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('siteinfo', '0004_covers_and_drawings'),
    ]

    operations = [
        migrations.AddField(
            model_name='siteinfo',
            name='has_signup_in_posts',
            field=models.BooleanField(default=False, help_text="Also shows the newsletter's sign-up form in the middle of posts with four or more chapters.", verbose_name='sign-up form within long posts'),
        ),
    ]
