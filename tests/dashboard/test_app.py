"""The application around the pages: what a person is told when something fails, and what goes to the log."""

import asyncio
import logging
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard.app
from core.base.settings import PROJECT_ROOT
from dashboard.app import app, lifespan, show_error


def failing_page(kind: str) -> None:
    """Shows something, then fails."""
    import streamlit as st

    from core.base.errors import DataError

    st.title("Before")
    if kind == "named":
        raise DataError("The table has no column “dx”. Add it and try again.")
    if kind == "unnamed":
        raise ZeroDivisionError("secret detail")
    if kind == "stop":
        st.stop()
    st.text("after")


def opened(kind: str) -> AppTest:
    return AppTest.from_function(failing_page, default_timeout=120, args=(kind,)).run()


def test_the_app_hands_its_errors_to_show_error() -> None:
    assert app._on_script_error is show_error


def test_a_named_error_is_shown_to_the_person_as_it_stands(errors_shown, caplog) -> None:
    with caplog.at_level(logging.INFO, "lesionlab"):
        test = opened("named")
    assert [error.value for error in test.error] == ["The table has no column “dx”. Add it and try again."]
    assert test.title[0].value == "Before"
    assert not test.exception
    [record] = [each for each in caplog.records if each.name == "lesionlab"]
    assert "no column “dx”" in record.getMessage()
    assert record.levelno == logging.INFO


def test_an_unnamed_error_shows_no_details_and_goes_to_the_log_with_its_traceback(errors_shown, caplog) -> None:
    test = opened("unnamed")
    [error] = test.error
    assert "could not be shown" in error.value
    assert "dashboard.log" in error.value
    for element in test:
        shown = str(getattr(element, "proto", ""))
        assert "secret detail" not in shown
        assert "ZeroDivisionError" not in shown
        assert "Traceback" not in shown
    assert not test.exception
    [record] = [each for each in caplog.records if each.name == "lesionlab"]
    assert record.levelno == logging.ERROR
    assert record.exc_info[0] is ZeroDivisionError
    assert "failing_page" in caplog.text
    assert "secret detail" in caplog.text


def test_a_page_that_stops_itself_has_not_failed(errors_shown, caplog) -> None:
    test = opened("stop")
    assert not test.error
    assert not test.exception
    assert not [each for each in caplog.records if each.name == "lesionlab"]


class PoolOnPaper:
    """Stands for the prediction pool: the real one would load TensorFlow only to be ended again."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> PoolOnPaper:
    """The pool that the app starts and stops."""
    pool = PoolOnPaper()
    monkeypatch.setattr(dashboard.app, "prediction_pool", lambda: pool)
    return pool


def serve(during) -> None:
    """Let the server live while `during` is called."""

    async def life() -> None:
        async with lifespan(app):
            during()

    asyncio.run(life())


def test_the_server_starts_the_prediction_processes_and_ends_them(artifacts: Path, pool: PoolOnPaper) -> None:
    def during() -> None:
        assert pool.calls == ["start"]

    serve(during)
    assert pool.calls == ["start", "stop"]


def test_they_start_when_first_asked_where_the_setting_says_so(artifacts, pool: PoolOnPaper, monkeypatch) -> None:
    monkeypatch.setenv("LESIONLAB_WARM", "No")
    seen = []
    serve(lambda: seen.extend(pool.calls))
    assert seen == []
    assert pool.calls == ["stop"]


def test_the_prediction_processes_end_even_if_the_server_fails(artifacts: Path, pool: PoolOnPaper) -> None:
    def during() -> None:
        raise RuntimeError("the server fails")

    handlers = list(logging.getLogger().handlers)
    with pytest.raises(RuntimeError, match="the server fails"):
        serve(during)
    assert pool.calls == ["start", "stop"]
    assert logging.getLogger().handlers == handlers


def test_errors_stand_in_the_log_file_of_the_artifacts_folder(artifacts: Path, pool: PoolOnPaper) -> None:
    def during() -> None:
        try:
            raise ZeroDivisionError("secret detail")
        except ZeroDivisionError as error:
            logging.getLogger("lesionlab").error("a page failed", exc_info=error)
        logging.getLogger("lesionlab").info("of no interest")

    serve(during)
    logging.getLogger("lesionlab").error("after the end")
    log = (artifacts / "logs" / "dashboard.log").read_text()
    assert (artifacts / "logs" / "dashboard.log").stat().st_mode & 0o777 == 0o600
    assert (artifacts / "logs").stat().st_mode & 0o777 == 0o700
    assert "ERROR lesionlab: a page failed" in log
    assert "Traceback (most recent call last)" in log
    assert "ZeroDivisionError: secret detail" in log
    assert "of no interest" not in log
    assert "after the end" not in log


def test_a_server_that_logs_nothing_writes_no_file(artifacts: Path, pool: PoolOnPaper) -> None:
    serve(lambda: None)
    assert not (artifacts / "logs" / "dashboard.log").exists()


def test_an_installed_dashboard_has_the_settings_of_the_checkout() -> None:
    """Streamlit reads them beside the script that it runs; without them it would listen on every address."""
    beside_the_script = Path(dashboard.app.__file__).parent / ".streamlit" / "config.toml"
    assert beside_the_script.read_text() == (PROJECT_ROOT / ".streamlit" / "config.toml").read_text()
