from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('blog', '0005_unique_tag_key'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='category',
            options={'ordering': (models.OrderBy(models.F('position'), nulls_last=True), 'name'), 'verbose_name_plural': 'categories'},
        ),
        migrations.AlterField(
            model_name='category',
            name='position',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Lower numbers come first. Categories without a number follow; in menus and on the home page, those with the most posts first.', null=True, verbose_name='order'),
        ),
    ]
