"""The lookup `in` for integers that no column can hold, which are in no row. Django's own makes SQLite raise an error.

Django's `exact` and comparisons already know such numbers.
"""

from typing import Any

from django.db.models import IntegerField
from django.db.models.lookups import In

_MAX = 2**63


@IntegerField.register_lookup
class FittingIn(In):
    """Whether a field is one of the values that fit into a bigint column."""

    def get_prep_lookup(self) -> Any:
        """Leave out the values that do not fit."""
        values = super().get_prep_lookup()
        if not isinstance(values, list):
            return values
        return [value for value in values if not isinstance(value, int) or -_MAX <= value < _MAX]
