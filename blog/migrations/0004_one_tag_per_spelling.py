from collections import defaultdict

from django.db import migrations, models
from django.db.models import Count

from blog.models.tag_names import tag_key
from redirects.normalize import normalize_path, normalize_target


def merge_spellings(apps, schema_editor):
    """Set the keys of tags, and merge tags with the same key into the one with the most posts."""
    Tag, TaggedPost = apps.get_model("blog", "Tag"), apps.get_model("blog", "TaggedPost")
    tags_by_key = defaultdict(list)
    for tag in Tag.objects.annotate(post_count=Count("tagged_posts")).order_by("-post_count", "pk"):
        tags_by_key[tag_key(tag.name)].append(tag)
    for key, (main, *others) in tags_by_key.items():
        Tag.objects.filter(pk=main.pk).update(key=key)
        for other in others:
            tagged = TaggedPost.objects.filter(tag=main).values_list("content_object", flat=True)
            TaggedPost.objects.filter(tag=other).exclude(content_object__in=list(tagged)).update(tag=main)
            _redirect(apps.get_model("redirects", "Redirect"), f"/tag/{other.slug}/", f"/tag/{main.slug}/")
            other.delete()


def _redirect(Redirect, old, new):
    old_path, target_path = normalize_path(old), normalize_target(new)
    Redirect.objects.filter(old_path=target_path).delete()
    Redirect.objects.filter(target_path=old_path).update(target=new, target_path=target_path)
    if old_path != target_path:
        values = {"target": new, "target_path": target_path, "status_code": 301, "origin": "merged"}
        Redirect.objects.update_or_create(old_path=old_path, defaults=values)


class Migration(migrations.Migration):

    dependencies = [
        ('blog', '0003_reword_help_texts'),
        ('redirects', '0003_old_urls_with_queries'),
    ]

    operations = [
        migrations.AddField(
            model_name='tag',
            name='key',
            field=models.CharField(default='', editable=False, max_length=300),
            preserve_default=False,
        ),
        migrations.RunPython(merge_spellings, migrations.RunPython.noop, elidable=False),
    ]
