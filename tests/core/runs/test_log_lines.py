"""Warnings and errors are told from other lines, whoever wrote them."""

import pytest

from core.runs.log_lines import Level, log_lines


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-21 17:00:00,123 ERROR lesionlab: a run failed", Level.ERROR),
        ("2026-11-21 17:00:00,123 WARNING lesionlab: slow", Level.WARNING),
        ("2026-11-21 17:00:00,123 INFO lesionlab: reads the cache", Level.OTHER),
        ("WARNING:tensorflow:5 out of the last 5 calls triggered retracing", Level.WARNING),
        ("CRITICAL:root:no space", Level.ERROR),
        ("lesionlab WARNING: by name first", Level.WARNING),
        (
            "2026-11-21 17:00:02.123456: E external/local_xla/xla/stream_executor.cc:1] failed call to cuInit",
            Level.ERROR,
        ),
        ("2026-11-21 17:00:02.123456: I tensorflow/core/util/port.cc:153] oneDNN is on", Level.OTHER),
        (
            "E0000 00:00:1795857309.5 1435 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed "
            "call to cuInit: UNKNOWN ERROR (303)",
            Level.OTHER,  # as on every machine without a GPU
        ),
        ("WARNING: All log messages before absl::InitializeLog() is called are written to STDERR", Level.OTHER),
        ("WARNING: Left out ISIC_0000001: is cut off", Level.WARNING),
        ("W0000 00:00:1731 1 cuda_executor.cc:1] no GPU", Level.WARNING),
        ("E0000 00:00:1731 1 cuda_executor.cc:1] no memory", Level.ERROR),
        ("/work/core/x.py:3: UserWarning: this is deprecated", Level.WARNING),
        ("MemoryError", Level.ERROR),
        ("Epoch 3 of 20", Level.OTHER),
        ("Everything is fine, no error at all", Level.OTHER),
        ("", Level.OTHER),
    ],
)
def test_the_level_of_a_line(line: str, level: Level) -> None:
    assert [each.level for each in log_lines(line + "\n")] == [level]


def test_a_traceback_is_an_error_to_its_last_line_and_what_follows_is_not() -> None:
    text = (
        "Epoch 1\n"
        "Traceback (most recent call last):\n"
        '  File "x.py", line 3, in <module>\n'
        "    fit()\n"
        "core.base.errors.DataError: The pictures are gone.\n"
        "Epoch 2\n"
    )
    assert [line.level for line in log_lines(text)] == [Level.OTHER] + [Level.ERROR] * 4 + [Level.OTHER]


def test_indented_lines_go_with_the_line_before() -> None:
    lines = log_lines("x.py:3: UserWarning: old\n  warnings.warn(...)\nEpoch 2\n\tof 3\n")
    assert [line.level for line in lines] == [Level.WARNING, Level.WARNING, Level.OTHER, Level.OTHER]
    assert [line.text for line in lines][1] == "  warnings.warn(...)"
