"""What the current thread is doing: the request it answers, or the background job it runs. Part of every log line."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_job: ContextVar[str] = ContextVar("job", default="")


def current_request_id() -> str:
    """Return the id of the request that this thread answers, or ""."""
    return _request_id.get()


def current_job() -> str:
    """Return the name of the job that this thread runs, or ""."""
    return _job.get()


@contextmanager
def request_context(request_id: str) -> Iterator[None]:
    """Name the request that is answered in this block."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


@contextmanager
def job_context(job: str) -> Iterator[None]:
    """Name the job that is run in this block."""
    token = _job.set(job)
    try:
        yield
    finally:
        _job.reset(token)
