"""What an import from WordPress stores about people: the names used to sign in there, and who imported."""

from accounts.personal_data import users_of
from privacy.registry import PersonalData, register
from wordpress.models import ImportedMenu, ImportedObject, ImportRun, ReportRow

register.add(
    PersonalData(
        model=ImportedObject,
        title="Imported WordPress accounts",
        fields={"key": "the name used to sign in, which may be an email address"},
        other_fields="id site kind object_id digest fingerprint awaited_image run is_new before",
        purpose="To recognize an author when an export is imported again.",
        source="The export of the old site.",
        find=lambda person: person.rows(ImportedObject.objects.filter(kind=ImportedObject.Kind.AUTHOR), "key"),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="until the import app is removed",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=ImportRun,
        title="Imports from WordPress",
        fields={"requested_by": "the user"},
        other_fields="id task state files digest options expected preview redirects_before step done total error"
        " created_at started_at finished_at active_at host pid claim attempts is_by_hand",
        purpose="To name who imported or undid what in the audit log.",
        source="The user, in the admin.",
        find=lambda person: ImportRun.objects.filter(requested_by__in=users_of(person)),
        erase=lambda rows: rows.update(requested_by=None),
        erasing="Kept without the user's name.",
        period="until the import app is removed",
        recipients=("backups",),
    )
)
register.add_impersonal(ImportedMenu, "site slug name entries", "Published menus of the old site.")
register.add_impersonal(
    ReportRow,
    "run key source_id title source reason object_type undone",
    "Content of the old site, without names of commenters and names used to sign in.",
)
