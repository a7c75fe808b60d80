from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from 0004, because PostgreSQL alters no table while its deleted rows still wait for their checks."""

    dependencies = [
        ('blog', '0004_one_tag_per_spelling'),
    ]

    operations = [
        migrations.AlterField(
            model_name='tag',
            name='key',
            field=models.CharField(editable=False, max_length=300, unique=True),
        ),
    ]
