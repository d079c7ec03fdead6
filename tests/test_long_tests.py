import time

import pytest

from tests.conftest import LONG_UNTIL, pytest_runtest_setup


@pytest.mark.parametrize(("seconds", "begins"), [(60, True), (-60, False)])
def test_a_long_test_begins_only_before_the_time_of_long_tests_is_over(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, seconds: float, begins: bool
) -> None:
    monkeypatch.setenv(LONG_UNTIL, str(time.time() + seconds))
    pytest_runtest_setup(request.node)  # this one is not long, so nothing is said
    request.node.add_marker(pytest.mark.long)
    if begins:
        pytest_runtest_setup(request.node)
    else:
        with pytest.raises(pytest.skip.Exception, match="time"):
            pytest_runtest_setup(request.node)
