"""Percentages are written in one way, by one function, on every page and in every report."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.percents import (
    NO_BREAK_SPACE,
    p_equals,
    p_value,
    percent,
    percent_in_short,
    percent_limits,
    percent_range,
    points,
    points_limits,
    points_range,
)

ROOT = Path(__file__).parents[3]
OF_PLOTLY = re.compile(r"%\{\w+(?:\[\d+\])?:\.\d%\}|(?<!\S)\.\d%(?!\S)")
"""What `dashboard.charts.percent_texts` writes out: parts of templates, and formats of ticks."""
OF_STYLES = re.compile(r"(?:width|height|inset|text-color\)) ?:? ?\d+%|\w{5,7}: 100%|%[A-F0-9]{2}")
OF_TICKS = ast.unparse(ast.parse("f'.{digits}%'"))
OF_PANDAS = {"25%", "50%", "75%"}
"""Names of columns that pandas gives."""


def test_a_share_has_a_space_that_does_not_break_and_a_range_has_a_dash() -> None:
    assert percent(0.0645) == "6.5\u00a0%"
    assert percent(0.0645, 0) == "6\u00a0%"
    assert percent(1) == "100.0\u00a0%"
    assert percent_range(0.397, 0.542) == "39.7–54.2\u00a0%"
    assert percent_range(-0.02, 0.01, 0) == "−2 to 1\u00a0%"
    assert percent_limits((0.5, 0.75), 0) == "50–75\u00a0%"
    assert percent_in_short(0.471, (0.397, 0.542)) == "47.1\u00a0% (40–54)"
    assert percent_in_short(0.471, None) == "47.1\u00a0%"


def test_what_is_rounded_to_zero_has_no_minus() -> None:
    assert points(-0.0001) == "+0.0"
    assert percent(-0.00001) == f"0.0{NO_BREAK_SPACE}%"


def test_a_minus_is_a_minus_and_no_hyphen_as_in_charts() -> None:
    assert percent(-0.273) == "−27.3\u00a0%"
    assert points(0.124) == "+12.4"
    assert points(-0.031) == "−3.1"
    assert points_range(-0.629, -0.015) == "−62.9 to −1.5"
    assert (points_limits((0.031, 0.05)), points_limits(None)) == ("3.1–5.0 points", "")


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_share_that_is_not_known_is_not_defined(missing: float | None) -> None:
    assert percent(missing) == "not defined"
    assert percent_limits(None) == ""
    assert percent_in_short(missing, (0, 1)) == "not defined"


def test_nothing_that_people_read_has_a_percentage_of_another_make() -> None:
    own = {ROOT / "core/base/percents.py"}
    files = {path for room in ("core", "dashboard", "pages") for path in (ROOT / room).rglob("*.py")} - own
    assert len(files) > 300
    found = [f"{path.relative_to(ROOT)}: {text}" for path in sorted(files) for text in foreign_percentages(path)]
    assert not found, "use core.base.percents:\n" + "\n".join(found)


def test_scripts_of_pages_write_them_with_the_space_too() -> None:
    live = "".join(path.read_text() for path in (ROOT / "dashboard/static").glob("[!u]*/*.js"))
    lengths = [line for line in live.splitlines() if re.search(r"[}\d]%[`\"']", line.replace("\\u00a0%", ""))]
    assert [line.partition(" =")[0] for line in lengths] == ["const extent"]
    assert live.count("\\u00a0%") >= 4


@pytest.mark.parametrize(
    "code",
    ['f"{share:.1%}"', '"{:.0%}".format(share)', 'f"{cpu:.0f}%"', '"at most 5% of them"', 'Column(format="percent")'],
)
def test_each_way_around_is_found(code: str, tmp_path: Path) -> None:
    (path := tmp_path / "page.py").write_text(f"said = {code}\n")
    assert list(foreign_percentages(path))


def foreign_percentages(path: Path) -> Iterator[str]:
    """Texts and formats of a module that make a percentage without the function for it."""
    text = path.read_text()
    if not re.search(r"%|['\"]percent['\"]", text):
        return
    tree = ast.parse(text)
    docstrings = {
        id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
    }
    for each in ast.walk(tree):
        if isinstance(each, ast.JoinedStr):
            foreign = any(map(_makes_a_percentage, each.values, each.values[1:])) and ast.unparse(each) != OF_TICKS
        elif isinstance(each, ast.FormattedValue):
            foreign = each.format_spec is not None and ast.unparse(each.format_spec).endswith("%'")
        elif isinstance(each, ast.keyword):
            foreign = each.arg == "format" and "'percent'" in ast.unparse(each.value)
        elif isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in docstrings:
            left = OF_STYLES.sub("", OF_PLOTLY.sub("", each.value))
            foreign = each.value not in OF_PANDAS and re.search(r"\d%|\}%(?![{(])", left) is not None
        else:
            foreign = False
        if foreign:
            yield ast.unparse(each)


def _makes_a_percentage(number: ast.expr, text: ast.expr) -> bool:
    """Whether a part of an f-string is a number right before a percent sign."""
    if not isinstance(number, ast.FormattedValue) or not isinstance(text, ast.Constant):
        return False
    if ast.unparse(number.value) == "NO_BREAK_SPACE":
        return False
    return str(text.value).startswith("%") and not str(text.value).startswith(("%{", "%)"))


def test_no_p_value_is_written_as_0() -> None:
    assert [p_value(p) for p in (0.0, 0.0004, 0.001, 0.04)] == ["<\u00a00.001", "<\u00a00.001", "0.001", "0.040"]
    assert [p_value(p) for p in (0.0498, 0.04999, 0.05, 0.0502)] == ["0.0498", "0.04999", "0.050", "0.0502"]
    assert [p_equals(p) for p in (1e-9, 0.25)] == ["p <\u00a00.001", "p = 0.250"]
