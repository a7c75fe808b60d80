import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0006_signup_gifts_and_sources")]

    operations = [
        migrations.AddField(
            "sequenceemail", "version", models.PositiveIntegerField(default=1, editable=False)
        ),
        migrations.AlterField(
            "testemail",
            "campaign",
            models.ForeignKey(
                to="newsletter.campaign",
                on_delete=django.db.models.deletion.CASCADE,
                null=True,
                related_name="test_emails",
            ),
        ),
        migrations.AddField(
            "testemail",
            "sequence_email",
            models.ForeignKey(
                to="newsletter.sequenceemail",
                on_delete=django.db.models.deletion.CASCADE,
                null=True,
                related_name="test_emails",
            ),
        ),
        migrations.AddConstraint(
            "testemail",
            models.CheckConstraint(
                condition=Q(campaign__isnull=False, sequence_email__isnull=True)
                | Q(campaign__isnull=True, sequence_email__isnull=False),
                name="newsletter_testemail_of_one",
            ),
        ),
    ]
