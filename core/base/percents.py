"""Shares as people read them, "6.4 %", "39.7–54.2 %", and p-values, which are never 0.

The one place that writes them, so that all pages, reports, cards and commands do it alike. What machines read (CSV,
JSON, metrics) has the shares themselves, 0…1.
"""

NO_BREAK_SPACE = "\u00a0"
NOT_DEFINED = "not defined"
MINUS = "−"
LEAST_P = 0.001
"""The smallest p-value that is written out."""
LEVEL = 0.05
"""Below it a difference is said to be more than chance explains."""


def with_minus(number: str) -> str:
    """A number as it is written, with a minus in place of a hyphen."""
    return number.replace("-", MINUS)


def percent(share: float | None, digits: int = 1) -> str:
    """A share (0…1) in percent with so many decimals, as "6.4 %"; a missing one is "not defined"."""
    return NOT_DEFINED if share is None or share != share else f"{_written(share, digits)}{NO_BREAK_SPACE}%"


def percent_range(low: float, high: float, digits: int = 1) -> str:
    """From one share to another, as "39.7–54.2 %"; a dash beside a minus would not be read."""
    dash = "–" if low >= 0 else " to "
    return f"{_written(low, digits)}{dash}{percent(high, digits)}"


def percent_limits(limits: tuple[float, float] | None, digits: int = 1) -> str:
    """Both limits of an interval of shares; empty where there are none."""
    return percent_range(*limits, digits) if limits else ""


def percent_in_short(share: float | None, limits: tuple[float, float] | None) -> str:
    """A share with its interval beside it, as "47.1 % (40–54)": for tables that have many of both."""
    if share is None or share != share or not limits:
        return percent(share)
    low, high = limits
    return f"{percent(share)} ({100 * low:.0f}–{100 * high:.0f})"


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign, as "+12.4" or "−3.1"."""
    return with_minus(f"{100 * difference:+z.1f}")


def points_range(low: float, high: float) -> str:
    """From one difference of two shares to another, as "−3.1 to +0.4"."""
    return f"{points(low)} to {points(high)}"


def points_limits(limits: tuple[float, float] | None) -> str:
    """Both limits of a distance between two shares, as "3.1–5.0 points"; empty where there are none."""
    return f"{100 * limits[0]:.1f}–{100 * limits[1]:.1f} points" if limits else ""


def p_value(p: float) -> str:
    """A p-value, as "0.013" or "< 0.001": no test says that something is impossible.

    One that rounds to the level of 0.05 keeps as many digits as show on which side of it it is, as "0.0498".
    """
    digits = next((n for n in range(3, 8) if p == LEVEL or f"{p:.{n}f}".rstrip("0") != str(LEVEL)), 8)
    return f"{p:.{digits}f}" if p >= LEAST_P else f"<{NO_BREAK_SPACE}{LEAST_P}"


def p_equals(p: float) -> str:
    """A p-value in a sentence, as "p = 0.013" or "p < 0.001"."""
    return f"p = {p_value(p)}" if p >= LEAST_P else f"p {p_value(p)}"


def _written(share: float, digits: int) -> str:
    return with_minus(f"{100 * share:z.{digits}f}")
