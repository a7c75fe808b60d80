"""What an import from WordPress stores about people: the names under which authors signed in there."""

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
register.add_impersonal(
    ImportRun,
    "files digest options expected preview redirects_before step error host claim",
    "What an import does, with which files.",
)
register.add_impersonal(ImportedMenu, "site slug name entries", "Published menus of the old site.")
register.add_impersonal(
    ReportRow,
    "key source_id title source reason object_type undone",
    "Content of the old site, without names of commenters and names used to sign in.",
)
