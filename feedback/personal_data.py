"""What suggestions store about people."""

from feedback.models import PERSONAL_DATA_RETENTION, HelpfulCount, Suggestion
from privacy.registry import PersonalData, Retention, register

register.add(
    PersonalData(
        model=Suggestion,
        title="Suggestions for a post",
        category="Corrections and suggestions",
        fields={
            "name": "your name, if you give it",
            "email": "your email address, if you give it",
            "words": "your suggestion, with any health information you choose to include",
            "passage": "the passage it is about",
            "source": "your source",
            "note": "our notes about it",
        },
        other_fields="id post kind status submission created_at handled_at",
        mentions="words passage source note",
        purpose="To correct and improve what we publish, and to answer you.",
        source="You, through the form below a post.",
        find=lambda person: person.rows(Suggestion.objects.all()),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        retention=(
            Retention(
                "our decision",
                PERSONAL_DATA_RETENTION,
                Suggestion.objects.erase_personal_data,
                "names and email addresses of old suggestions",
                what="name and email address",
            ),
        ),
        period="the suggestion itself until we delete the post",
        recipients=("backups",),
    )
)
register.add_impersonal(HelpfulCount, "", "Counts answers per post and day.")
