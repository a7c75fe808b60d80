"""Users of the admin, the profiles visitors read, emails about accounts, and the audit log."""

from accounts.models.audit_log import AuditEvent, shorten_ip
from accounts.models.emails import NEW_ADDRESS_SALT, AccountEmail, delete_old_account_emails
from accounts.models.profiles import Author, ProfileLink, Qualification
from accounts.models.users import User

__all__ = [
    "NEW_ADDRESS_SALT",
    "AccountEmail",
    "AuditEvent",
    "Author",
    "ProfileLink",
    "Qualification",
    "User",
    "delete_old_account_emails",
    "shorten_ip",
]
