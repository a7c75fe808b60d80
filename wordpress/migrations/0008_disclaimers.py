"""Record and report the disclaimers that imports replace."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wordpress", "0007_name_requester_and_references"),
    ]

    operations = [
        migrations.AlterField(
            model_name="importedobject",
            name="kind",
            field=models.CharField(
                choices=[
                    ("post", "Post"),
                    ("page", "Page"),
                    ("category", "Category"),
                    ("tag", "Tag"),
                    ("author", "Author"),
                    ("image", "Image"),
                    ("file", "File"),
                    ("video", "Video"),
                    ("comment", "Comment"),
                    ("menu", "Menu"),
                    ("redirect", "Redirect"),
                    ("site", "Site"),
                    ("settings", "Settings"),
                    ("link", "Link"),
                    ("program", "Program"),
                    ("reference", "Reference"),
                    ("disclaimer", "Disclaimer"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="reportrow",
            name="kind",
            field=models.CharField(
                choices=[
                    ("post", "Posts"),
                    ("page", "Pages"),
                    ("attachment", "Media library"),
                    ("item", "Other items"),
                    ("comment", "Comments"),
                    ("image", "Images"),
                    ("file", "Files"),
                    ("author", "Authors"),
                    ("category", "Categories"),
                    ("tag", "Tags"),
                    ("menu", "Menus"),
                    ("reference", "References"),
                    ("seo", "Search engine settings"),
                    ("shortcode", "Shortcodes"),
                    ("block", "Blocks"),
                    ("disclaimer", "Disclaimers"),
                    ("link", "Links"),
                    ("url", "Old URLs"),
                    ("redirect", "Redirects"),
                    ("note", "Notes"),
                ],
                max_length=20,
            ),
        ),
    ]
