import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0005_describe_sequence_of_an_email"), ("blog", "0010_signup_gift")]

    operations = [
        migrations.AddField("consentevent", "document_kind", models.CharField(max_length=20, blank=True, default="")),
        migrations.AlterField("consentevent", "document_kind", models.CharField(max_length=20, blank=True)),
        migrations.AddField("consentevent", "document_id", models.PositiveBigIntegerField(null=True)),
        migrations.AddIndex(
            "consentevent",
            models.Index(
                fields=("document_kind", "document_id"),
                condition=Q(document_id__isnull=False),
                name="newsletter_consent_document",
            ),
        ),
        migrations.AlterField(
            "consenttext",
            "key",
            models.CharField(
                "shown on",
                max_length=20,
                choices=[
                    ("signup", "Sign-up form"),
                    ("gift", "Sign-up form with a gift"),
                    ("confirm", "Confirmation page"),
                ],
            ),
        ),
        migrations.AlterField(
            "subscriberemail",
            "kind",
            models.CharField(
                max_length=8,
                choices=[
                    ("confirm", "Confirmation request"),
                    ("manage", "Link to preferences"),
                    ("welcome", "Welcome"),
                    ("gift", "Gift for signing up"),
                ],
            ),
        ),
        migrations.AddField(
            "subscriberemail",
            "gift_post",
            models.ForeignKey(
                to="blog.post", on_delete=django.db.models.deletion.SET_NULL, null=True, related_name="+"
            ),
        ),
        migrations.RemoveConstraint("subscriberemail", "newsletter_subscriberemail_kind"),
        migrations.AddConstraint(
            "subscriberemail",
            models.CheckConstraint(
                condition=Q(kind__in=("confirm", "manage", "welcome", "gift")), name="newsletter_subscriberemail_kind"
            ),
        ),
        migrations.AddConstraint(
            "subscriberemail",
            models.UniqueConstraint(
                fields=("subscriber", "gift_post"),
                condition=Q(kind="gift"),
                name="newsletter_subscriberemail_gift_once",
            ),
        ),
    ]
