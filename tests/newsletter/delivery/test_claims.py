"""Claims of due deliveries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.delivery.claims import claim_batch
from tests.newsletter.delivery.harness import make_newsletter_settings, make_sending_campaign


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite takes the index of the status")
def test_a_claim_does_not_read_the_deliveries_that_are_sent() -> None:
    newsletter_settings = make_newsletter_settings()
    make_sending_campaign(500, newsletter_settings)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        with CaptureQueriesContext(connection) as queries:
            batch = claim_batch("owner", newsletter_settings, 10)
        assert batch
        assert len(batch.deliveries) == 10
        (lock,) = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
        cursor.execute(f"EXPLAIN {lock}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using newsletter_delivery_due" in plan
    assert "Join" not in plan
