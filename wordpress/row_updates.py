"""Write fields of many rows."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update_rows(rows: Sequence[Model], *names: str) -> None:
    """Write some fields of saved rows of one model. As `bulk_update`, without its long statement with all the texts."""
    if not rows:
        return
    meta: Any = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    primary_key = quote(meta.pk.column)
    values = [
        [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk] for row in rows
    ]
    with connection.cursor() as cursor:
        sql = f"UPDATE {quote(meta.db_table)} SET {columns} WHERE {primary_key} = %s"  # noqa: S608 - names of columns
        cursor.executemany(sql, values)
