"""Texts for people who are no instructors name no folder and no e-mail address of the server."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from streamlit.dataframe_util import convert_pandas_df_to_arrow_bytes
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.base.settings import PROJECT_ROOT
from dashboard.for_viewers import for_viewers, frame_for_viewers, json_for_viewers
from dashboard.markdown import Markdown


@pytest.mark.parametrize("shown", [str, Markdown.escape], ids=["as it is", "in Markdown"])
def test_paths_go_and_the_sentence_around_them_stays(shown, artifacts: Path) -> None:
    for path in (f"{artifacts}/data/x.csv", f"{artifacts}", f"{PROJECT_ROOT}/data", "/tmp/a/b.csv", "/etc/passwd"):
        text = for_viewers(shown(f"The file {path} cannot be read: permission denied."))
        assert "/" not in text
        assert text.startswith("The file …")
        assert "cannot be read" in text


@pytest.mark.parametrize(
    "text",
    [
        "JPEG/PNG and TIFF",
        "mean and/or median, 3/4 of all",
        "https://example.org/data/set and http://localhost:8501/data?run=1",
        "/runs?run=20260101-000000",
        "/data",
        "5 m/s, 1/2/3, ham10000/x",
        "key: value @ 3 Hz",
    ],
)
def test_what_is_no_path_of_this_machine_stays(text: str, artifacts: Path) -> None:
    assert for_viewers(text) == text


def test_addresses_go_except_the_readers_own(artifacts: Path) -> None:
    assert for_viewers("by anna@example.org and ben@example.org", "Ben@Example.org") == "by … and ben@example.org"
    assert for_viewers(Markdown.escape("by anna@example.org, _ben@www.example.org")) == "by …, …"


def test_messages_to_a_browser_keep_their_form(artifacts: Path) -> None:
    message = ForwardMsg()
    message.hash = "/tmp/a/b"
    message.delta.new_element.alert.body = f"No file {artifacts}/x, says anna@example.org."
    for_viewer = ForwardMsg.FromString(frame_for_viewers(message.SerializeToString()))
    assert for_viewer.delta.new_element.alert.body == "No file …, says …."
    assert str(artifacts) not in str(for_viewer)
    assert "anna" not in str(for_viewer)
    assert for_viewer.hash == message.hash


def test_texts_in_tables_are_looked_through_and_numbers_stay(artifacts: Path) -> None:
    like_an_address = np.frombuffer(b"anna@bb.", np.float64).repeat(3)  # a number that has these bytes
    shown = pd.DataFrame(
        {
            "what to do": [f"Put it into {artifacts}/data.", "ask anna@example.org", None],
            "who": pd.Categorical(["anna@example.org", "ben@example.org", "anna@example.org"]),
            "notes": [["by anna@example.org", "well"], [], ["fine"]],
            "score": like_an_address,
        },
        index=["x", "y", "anna@example.org"],
    )
    message = ForwardMsg()
    message.delta.new_element.dataframe.arrow_data.data = convert_pandas_df_to_arrow_bytes(shown)
    frame = frame_for_viewers(message.SerializeToString(), "ben@example.org")
    with pa.ipc.open_stream(ForwardMsg.FromString(frame).delta.new_element.dataframe.arrow_data.data) as stream:
        told = stream.read_pandas()
    assert told["what to do"].tolist()[:2] == ["Put it into …", "ask …"]
    assert told["who"].tolist() == ["…", "ben@example.org", "…"]
    assert [list(each) for each in told["notes"]] == [["by …", "well"], [], ["fine"]]
    assert told["score"].to_numpy().tobytes() == like_an_address.tobytes()
    assert list(told.index) == ["x", "y", "…"]
    assert str(artifacts).encode() not in frame
    assert b"anna" not in frame.replace(like_an_address.tobytes(), b"")


def test_what_names_nothing_travels_as_it_is(artifacts: Path) -> None:
    message = ForwardMsg()
    message.delta.new_element.alert.body = "All is well."
    assert frame_for_viewers(message.SerializeToString()) == message.SerializeToString()
    assert json_for_viewers(b'{"a": "b"}') == b'{"a": "b"}'


def test_json_stays_json(artifacts: Path) -> None:
    body = f'{{"error": "No {artifacts}/x y", "n": 1}}'.encode()
    assert json_for_viewers(body) == '{"error": "No … y", "n": 1}'.encode()
    assert str(artifacts).encode() not in json_for_viewers(f'{{"error": "{artifacts}"}}'.encode())
