import django.db.models.deletion
from django.db import migrations, models


def rename_field(apps, schema_editor):
    references = apps.get_model("richtext", "Reference").objects.using(schema_editor.connection.alias)
    references.filter(source_type__app_label="images", source_type__model="siteicon", field="image").update(field="icon")


class Migration(migrations.Migration):
    dependencies = [
        ("images", "0005_video_text"),
        ("richtext", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(rename_field, migrations.RunPython.noop),
        migrations.RenameModel("SiteIcon", "SiteImages"),
        migrations.RenameField("SiteImages", "image", "icon"),
        migrations.AlterModelOptions(
            name='siteimages',
            options={'verbose_name': 'logo and site images', 'verbose_name_plural': 'logo and site images'},
        ),
        migrations.AddField(
            model_name='siteimages',
            name='hero_image',
            field=models.ForeignKey(blank=True, help_text='Beside the heading of the home page, instead of the drawing. Its alternative text is read out.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='images.image', verbose_name='hero image'),
        ),
        migrations.AddField(
            model_name='siteimages',
            name='logo',
            field=models.ForeignKey(blank=True, help_text='Shown at the top of every page instead of the drawn mark. Best is a drawing on a transparent ground that can be seen on light and dark.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='images.image'),
        ),
        migrations.AddField(
            model_name='siteimages',
            name='share_image',
            field=models.ForeignKey(blank=True, help_text="Shown with links to pages without an image. Without it, an image is drawn with the page's title.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='images.image', verbose_name='default share image'),
        ),
        migrations.AlterField(
            model_name='siteimages',
            name='icon',
            field=models.ForeignKey(blank=True, help_text='Shown in browser tabs, bookmarks, search results and on home screens. Best is a square logo, at least 512 pixels wide. Photos are cropped around their focal point. Browsers may show the old icon for a day.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='images.image'),
        ),
    ]
