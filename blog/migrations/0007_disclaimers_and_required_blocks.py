"""Let categories and templates choose a disclaimer, and templates the blocks that their posts need."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("blog", "0006_categories_without_order"),
        ("evidence", "0002_disclaimers"),
    ]

    operations = [
        migrations.AddField(
            model_name="category",
            name="disclaimer",
            field=models.ForeignKey(
                blank=True,
                help_text="Shown on posts with this primary category. Leave empty to use that of the category above, or the default.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="categories",
                to="evidence.disclaimer",
            ),
        ),
        migrations.AddField(
            model_name="posttemplate",
            name="disclaimer",
            field=models.ForeignKey(
                blank=True,
                help_text="Shown on posts made from this template, whatever their category. Leave empty to use that of the category.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="templates",
                to="evidence.disclaimer",
            ),
        ),
        migrations.AddField(
            model_name="posttemplate",
            name="requires_red_flags",
            field=models.BooleanField(
                default=False,
                help_text="The checklist asks for a “Red flags” block, which says when to see a professional.",
                verbose_name="posts need red flags",
            ),
        ),
        migrations.AddField(
            model_name="posttemplate",
            name="requires_evidence_summary",
            field=models.BooleanField(
                default=False,
                help_text="The checklist asks for a “What we know and what we don’t” block with benefits, risks and alternatives.",
                verbose_name="posts need what we know and what we don’t",
            ),
        ),
        migrations.AddField(
            model_name="post",
            name="template",
            field=models.ForeignKey(
                blank=True,
                help_text="The template the post follows. It decides which blocks the checklist asks for, and may choose the disclaimer.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="posts",
                to="blog.posttemplate",
                verbose_name="kind of post",
            ),
        ),
    ]
