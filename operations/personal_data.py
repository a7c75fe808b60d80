"""Heartbeats and failed jobs contain no personal data: `operations.errors` removes email addresses."""

from operations.models import JobFailure, Maintenance, WorkerProcess
from privacy.registry import register

register.add_impersonal(WorkerProcess, "kind host version job last_job", "Our own machines.")
register.add_impersonal(JobFailure, "job error", "Messages without email addresses.")
register.add_impersonal(Maintenance, "message", "Published content.")
