"""Days as numbers, without the clock and without an import that costs a scan its time."""

from __future__ import annotations


def days_of(day: str) -> int | None:
    """Return an ISO day as days since 1970, None where it is none."""
    parts = day.split("-")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) <= 4 for part in parts):  # noqa: PLR2004 - year, month, day
        return None
    year, month, of_month = map(int, parts)
    if not (1 <= month <= 12 and 1 <= of_month <= 31):  # noqa: PLR2004 - the calendar
        return None
    # The year starts in March, so that the leap day is its last (days from civil, proleptic).
    year -= month <= 2  # noqa: PLR2004 - January and February
    shifted = (month + 9) % 12
    of_year = (153 * shifted + 2) // 5 + of_month - 1
    return 365 * year + year // 4 - year // 100 + year // 400 + of_year - 719468


def is_over(day: str, now_days: int) -> bool:
    """Return whether an ISO day has come; no day never comes."""
    known = days_of(day)
    return known is not None and known <= now_days
