from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('images', '0004_add_files_and_missing_images'),
    ]

    operations = [
        migrations.AddField(
            model_name='video',
            name='has_captions',
            field=models.BooleanField(default=False, help_text='Check this if the video has captions that you have read, or if nobody speaks in it.', verbose_name='has captions'),
        ),
        migrations.AddField(
            model_name='video',
            name='transcript',
            field=models.TextField(blank=True, help_text='What is said and shown, for people who are deaf or blind. Shown below the video.'),
        ),
    ]
