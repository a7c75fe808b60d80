import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_audit_backups'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='author',
            options={'ordering': ('position', 'name'), 'verbose_name_plural': 'authors and reviewers'},
        ),
        migrations.AddField(
            model_name='author',
            name='competing_interests',
            field=models.CharField(blank=True, help_text='Shown next to the name in posts, such as “Gives paid talks for a maker of running shoes.” Write “None” if there are none. Leave empty to say nothing.', max_length=300),
        ),
        migrations.AlterField(
            model_name='author',
            name='user',
            field=models.OneToOneField(blank=True, help_text='The user who writes or reviews under this name. Guests need none.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='author', to=settings.AUTH_USER_MODEL),
        ),
    ]
