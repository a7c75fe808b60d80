from django.db import migrations, models
import django.utils.timezone


class Migration(migrations.Migration):

    dependencies = [
        ('images', '0003_site_icon'),
    ]

    operations = [
        migrations.AddField(
            model_name='image',
            name='description',
            field=models.TextField(blank=True, help_text='Notes about the image. Visitors do not see them.'),
        ),
        migrations.AddField(
            model_name='image',
            name='missing_url',
            field=models.CharField(blank=True, editable=False, max_length=2000),
        ),
        migrations.CreateModel(
            name='MediaFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.FileField(max_length=200, upload_to='files')),
                ('name', models.CharField(help_text="The file's name when it was added.", max_length=200)),
                ('title', models.CharField(blank=True, help_text='Helps you find the file.', max_length=200)),
                ('content_type', models.CharField(editable=False, max_length=100)),
                ('size', models.PositiveBigIntegerField(editable=False)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'file',
                'ordering': ('-created_at', '-pk'),
            },
        ),
    ]
