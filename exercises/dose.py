"""The dose of an exercise: how often and how long, as numbers and in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """The numbers of an exercise."""

    sets: int
    repetitions: int
    hold_seconds: int
    rest_seconds: int
    each_side: bool
    times_per_day: int
    days_per_week: int

    @property
    def rounds(self) -> int:
        """The number of sets on all sides."""
        return self.sets * (2 if self.each_side else 1)

    @property
    def held_seconds(self) -> int:
        """The seconds of holding in all sets, on all sides."""
        return self.hold_seconds * self.repetitions * self.rounds

    @property
    def session(self) -> str:
        """One session in words, such as "3 sets of 10 repetitions, hold 5 seconds, rest 1 minute between sets"."""
        parts = [
            self._amount(),
            f"hold {format_seconds(self.hold_seconds)}" if self.hold_seconds else "",
            "on each side" if self.each_side else "",
            f"rest {self.rest}" if self.rest else "",
        ]
        return ", ".join(filter(None, parts))

    @property
    def rest(self) -> str:
        """The rest in words: "30 seconds between sets"; empty if there is none."""
        return f"{format_seconds(self.rest_seconds)} between sets" if self.rest_seconds and self.sets > 1 else ""

    @property
    def frequency(self) -> str:
        """How often in words: "twice a day, 5 days a week"."""
        days = "every day" if self.days_per_week == 7 else f"{_count(self.days_per_week, 'day')} a week"
        times = {1: "once", 2: "twice"}.get(self.times_per_day, f"{self.times_per_day} times")
        return f"{times} a day, {days}"

    @property
    def short(self) -> str:
        """The dose in one line of a sheet: "3 sets of 10, hold 5 s, rest 30 s, once a day, every day"."""
        sets = _count(self.sets, "set")
        amount = sets if self.repetitions == 1 else f"{sets} of {self.repetitions}"
        parts = [
            f"{amount} on each side" if self.each_side else amount,
            f"hold {self.hold_seconds} s" if self.hold_seconds else "",
            f"rest {self.rest_seconds} s" if self.rest else "",
            self.frequency,
        ]
        return ", ".join(filter(None, parts))

    def __str__(self) -> str:
        return f"{self.session}; {self.frequency}"

    def _amount(self) -> str:
        if self.repetitions == 1:
            return _count(self.sets, "time")
        repetitions = _count(self.repetitions, "repetition")
        return repetitions if self.sets == 1 else f"{self.sets} sets of {repetitions}"


def format_seconds(seconds: int) -> str:
    """Return seconds in words, as minutes where they are whole."""
    return _count(seconds // 60, "minute") if seconds and seconds % 60 == 0 else _count(seconds, "second")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
