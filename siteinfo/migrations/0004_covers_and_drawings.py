from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('siteinfo', '0003_add_appearance'),
    ]

    operations = [
        migrations.AddField(
            model_name='appearance',
            name='covers',
            field=models.CharField(choices=[('none', 'Only its text'), ('drawn', "A cover drawn in the site's colors")], default='none', help_text='What lists and cards show of them. A cover has the same colors for all posts of a category, and each post has its own shape.', max_length=10, verbose_name='posts without an image'),
        ),
        migrations.AddField(
            model_name='appearance',
            name='has_drawings',
            field=models.BooleanField(default=False, help_text="The mark beside the site's name, and the drawings on the home page, in the newsletter box and on missing pages. They show physical therapy.", verbose_name='drawings of the design'),
        ),
    ]
