import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('wordpress', '0006_record_awaited_images'),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='requested_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='importedobject',
            name='kind',
            field=models.CharField(choices=[('post', 'Post'), ('page', 'Page'), ('category', 'Category'), ('tag', 'Tag'), ('author', 'Author'), ('image', 'Image'), ('file', 'File'), ('video', 'Video'), ('comment', 'Comment'), ('menu', 'Menu'), ('redirect', 'Redirect'), ('site', 'Site'), ('settings', 'Settings'), ('link', 'Link'), ('program', 'Program'), ('reference', 'Reference')], max_length=10),
        ),
        migrations.AlterField(
            model_name='reportrow',
            name='kind',
            field=models.CharField(choices=[('post', 'Posts'), ('page', 'Pages'), ('attachment', 'Media library'), ('item', 'Other items'), ('comment', 'Comments'), ('image', 'Images'), ('file', 'Files'), ('author', 'Authors'), ('category', 'Categories'), ('tag', 'Tags'), ('menu', 'Menus'), ('reference', 'References'), ('seo', 'Search engine settings'), ('shortcode', 'Shortcodes'), ('block', 'Blocks'), ('link', 'Links'), ('url', 'Old URLs'), ('redirect', 'Redirects'), ('note', 'Notes')], max_length=20),
        ),
    ]
