"""Place the sign-up form within posts by a number of paragraphs instead of before the chapter in the middle."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# About the middle of a post with four chapters.
PARAGRAPH = 8


def use_paragraph(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep showing the form on sites that show it."""
    apps.get_model("siteinfo", "SiteInfo").objects.filter(has_signup_in_posts=True).update(signup_paragraph=PARAGRAPH)


def use_middle(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Show the form in the middle on sites that show it."""
    apps.get_model("siteinfo", "SiteInfo").objects.exclude(signup_paragraph=0).update(has_signup_in_posts=True)


class Migration(migrations.Migration):
    dependencies = [("siteinfo", "0008_social_link_name")]

    operations = [
        migrations.AddField(
            "siteinfo",
            "signup_paragraph",
            models.PositiveSmallIntegerField(
                "sign-up form within posts",
                default=0,
                help_text="The newsletter's form is also shown after this paragraph of a post, such as 8, or at the next "
                "place between two paragraphs or before a heading. Posts that end before it show it at their end only. "
                "0 for none.",
            ),
        ),
        migrations.RunPython(use_paragraph, use_middle),
        migrations.RemoveField("siteinfo", "has_signup_in_posts"),
    ]
