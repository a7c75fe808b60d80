from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wordpress', '0005_name_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='importedobject',
            name='awaited_image',
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
    ]
