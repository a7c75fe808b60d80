import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("blog", "0009_large_columns_last"), ("images", "0007_file_downloads")]

    operations = [
        migrations.AddField(
            "post",
            "gift",
            models.CharField(
                "gift for signing up",
                max_length=5,
                choices=[
                    ("", "Nothing"),
                    ("sheet", "The exercises of this post on one sheet"),
                    ("file", "A file of the library"),
                ],
                blank=True,
                default="",
                help_text="The newsletter's forms in this post promise it. It is emailed after the address is confirmed, "
                "once to each person, as a link that works for 30 days.",
            ),
        ),
        migrations.AddField(
            "post",
            "gift_file",
            models.ForeignKey(
                to="images.mediafile",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                blank=True,
                related_name="gift_of",
                verbose_name="file",
                help_text="Only for “A file of the library”.",
            ),
        ),
    ]
