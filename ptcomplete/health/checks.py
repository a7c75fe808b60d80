"""All health checks, in the order in which they are shown. To add one, write a function and add a line."""

from ptcomplete.health import configuration, data, services, work
from ptcomplete.health.findings import Check

DATABASE = Check("Database", services.database, is_remote=True, needs_database=False)
CHECKS = (
    DATABASE,
    Check("Migrations", data.migrations, is_on_dashboard=False),
    Check("Maintenance", configuration.maintenance),
    Check("Worker", work.worker),
    Check("Waiting work", work.queue),
    Check("Failed jobs", work.failed_jobs),
    # The dashboard names them one by one.
    Check("Set aside", work.set_aside, is_on_dashboard=False),
    Check("Email", work.mail),
    Check("Backups", data.backup),
    Check("Place for backups", data.backup_storage, is_remote=True, needs_database=False),
    Check("Disk space", data.disk, needs_database=False),
    Check("Uploads", data.storage, is_remote=True, needs_database=False),
    Check("Search index", data.search_index, is_on_dashboard=False),
    Check("IndexNow", work.indexnow),
    Check("Cache", services.cache, is_remote=True, needs_database=False),
    Check("Clocks", work.clock),
    Check("Security settings", configuration.security, needs_database=False),
    Check("Certificate", services.certificate, is_remote=True, needs_database=False),
    Check("Versions", configuration.versions, is_on_dashboard=False),
)
