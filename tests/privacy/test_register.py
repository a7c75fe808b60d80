"""The register of personal data is complete, and the worker keeps its promises."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models
from django.db.models import Model

from privacy.mentions import text_fields
from privacy.registry import Register, format_period, register
from ptcomplete.management.commands.worker import JOBS


def needs_declaration(model: type[Model], known: Register) -> set[str]:
    """Return the fields of a model without personal data that could hold text about people, or point to them."""
    texts = set(text_fields(model))
    return {
        field.name
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
        if (field.name in texts and not field.choices) or field.related_model in known.entries
    }


def undeclared(known: Register, all_models: Iterator[type[Model]] | list[type[Model]]) -> list[str]:
    """Return the fields of models that the register lacks."""
    missing = []
    for model in all_models:
        label = model._meta.label
        if entry := known.entries.get(model):
            fields = {field.name for field in (*model._meta.concrete_fields, *model._meta.many_to_many)}
            declared = {*entry.fields, *entry.other_fields.split()}
        elif model in known.impersonal:
            fields, declared = needs_declaration(model, known), set(known.impersonal[model][0])
        else:
            missing.append(f"{label} is not declared")
            continue
        missing += [f"{label}.{name} is not declared" for name in sorted(fields - declared)]
        missing += [f"{label}.{name} is declared, but does not exist" for name in sorted(declared - fields)]
    return missing


def test_every_field_that_could_be_personal_is_declared() -> None:
    assert undeclared(register, apps.get_models()) == []


def test_no_model_is_declared_twice_and_no_field_is_both_personal_and_not() -> None:
    assert register.entries.keys() & register.impersonal.keys() == set()
    both = {entry.title: entry.fields.keys() & set(entry.other_fields.split()) for entry in register.ordered()}
    assert {title: fields for title, fields in both.items() if fields} == {}


def test_a_new_field_fails_until_it_is_declared() -> None:
    class Guest(models.Model):  # noqa: DJ008
        email = models.EmailField()
        ip = models.GenericIPAddressField()
        words = models.TextField()
        kind = models.CharField(max_length=2, choices={"a": "A"})
        age = models.IntegerField()
        user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "privacy"

    try:
        known = Register(entries=dict(register.entries))
        assert undeclared(known, [Guest]) == ["privacy.Guest is not declared"]
        known.add_impersonal(Guest, "words gone", "A test.")
        assert undeclared(known, [Guest]) == [
            "privacy.Guest.email is not declared",
            "privacy.Guest.ip is not declared",
            "privacy.Guest.user is not declared",
            "privacy.Guest.gone is declared, but does not exist",
        ]
        known.add_impersonal(Guest, "email ip words user", "A test.")
        assert undeclared(known, [Guest]) == []
    finally:
        del apps.all_models["privacy"]["guest"]
        apps.clear_cache()


def test_every_entry_can_be_explained() -> None:
    for entry in register.ordered():
        assert entry.title
        assert entry.purpose.endswith(".")
        assert entry.source.endswith(".")
        assert entry.erasing.endswith(".")
        assert entry.retention_text, entry.title
        assert set(entry.secrets.split()) <= entry.fields.keys()
        assert set(entry.recipients) <= register.recipients.keys()
        assert set(entry.mentions.split()) <= set(text_fields(entry.model))


def test_the_worker_runs_what_the_register_says() -> None:
    jobs = {job.name: job for job in JOBS}
    assert register.retentions()
    for retention in register.retentions():
        assert jobs[retention.job].work == retention.work
        assert jobs[retention.job].interval == 3600


@pytest.mark.parametrize(
    ("period", "text"),
    [
        (timedelta(days=3 * 365), "3 years"),
        (timedelta(days=730), "2 years"),
        (timedelta(days=365), "12 months"),
        (timedelta(days=90), "90 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=2), "2 hours"),
    ],
)
def test_periods_are_written_as_people_say_them(period: timedelta, text: str) -> None:
    assert format_period(period) == text
