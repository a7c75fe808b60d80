"""The migration that moves the large columns of posts keeps the words, in both directions."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from blog.models import Post
from tests.factories import make_post


@pytest.mark.django_db(transaction=True)
def test_texts_survive_the_migration_there_and_back() -> None:
    post = make_post(body="<h2>Warm up</h2><p>Some words.</p>")
    texts, modified_at = (post.body, post.headings), post.modified_at
    assert all(texts)
    MigrationExecutor(connection).migrate([("blog", "0008_text_origin")])
    executor = MigrationExecutor(connection)
    # Also of the apps that depend on the migrations that were undone.
    executor.migrate(executor.loader.graph.leaf_nodes())
    post = Post.objects.get()
    assert (post.body, post.headings) == texts
    assert post.modified_at == modified_at
