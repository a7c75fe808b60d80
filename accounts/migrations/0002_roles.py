from django.db import migrations, models


def make_superusers_owners(apps, schema_editor):
    apps.get_model("accounts", "User").objects.filter(is_superuser=True).update(role="owner", is_staff=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("owner", "Owner"),
                    ("editor", "Editor"),
                    ("author", "Author"),
                    ("contributor", "Contributor"),
                    ("reviewer", "Reviewer"),
                ],
                default="",
                help_text="What this person may do in the admin.",
                max_length=20,
            ),
        ),
        migrations.RunPython(make_superusers_owners, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_staff", True), ("is_superuser", True), ("role", "owner")),
                    models.Q(models.Q(("role", "owner"), _negated=True), ("is_superuser", False)),
                    _connector="OR",
                ),
                name="accounts_user_owner_is_superuser",
            ),
        ),
    ]
