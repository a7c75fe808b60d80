from itertools import batched

from django.db import migrations, models

from search.backends import get_backend
from search.indexing import BATCH_SIZE, TOKEN_FIELDS, set_tokens, word_form


def create_index(apps, schema_editor):
    """Create the database's own full-text index, as `rebuild_search` does."""
    get_backend().create_index(schema_editor.connection)


def fill_index(apps, schema_editor):
    """Make the tokens of existing entries from their stored texts, so that search works right after the update."""
    entries = apps.get_model("search", "IndexEntry").objects
    for pks in batched(list(entries.order_by("pk").values_list("pk", flat=True)), BATCH_SIZE):
        batch = list(entries.filter(pk__in=pks))
        for entry in batch:
            set_tokens(entry)
        entries.bulk_update(batch, TOKEN_FIELDS)
    words = apps.get_model("search", "VocabularyWord").objects
    forms = [(word, word_form(word)) for word in words.values_list("word", flat=True)]
    model = words.model
    words.all().delete()
    words.bulk_create([model(word=word, form=form) for word, form in forms if form], batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0001_initial'),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name='indexentry',
                name=name,
                field=models.TextField(blank=True, default=''),
            )
            for name in ('title_tokens', 'keywords_tokens', 'summary_tokens', 'body_tokens', 'words', 'keyword_words')
        ),
        migrations.AddField(
            model_name='vocabularyword',
            name='form',
            field=models.CharField(db_index=True, default='', max_length=40),
            preserve_default=False,
        ),
        migrations.RunPython(create_index, migrations.RunPython.noop, elidable=False),
        migrations.RunPython(fill_index, migrations.RunPython.noop, elidable=False),
    ]
