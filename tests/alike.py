"""Of many cases that are alike, `make test` does some; all are done by `make test-all`."""

from collections.abc import Iterable
from typing import Any

import pytest


def long_but(cases: Iterable[Any], *often: Any) -> list[Any]:
    """The cases of a test for `parametrize`: those that are named are done each time, the others are long tests.

    A case of several values is named by the first of them.
    """
    kind = type(pytest.param())
    known = [
        case if isinstance(case, kind) else pytest.param(*(case if isinstance(case, tuple) else (case,)))
        for case in cases
    ]
    assert {*often} <= {case.values[0] for case in known}, "what is to be done each time is no case"
    return [
        case if case.values[0] in often else pytest.param(*case.values, marks=[*case.marks, pytest.mark.long])
        for case in known
    ]
