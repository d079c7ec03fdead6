"""Following the metrics of a run as they are appended, without reading anything twice."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core.data.splits import TRAIN, VALIDATION, Split
from core.runs.folder import RunFolder

KEPT_BATCHES = 400
"""Batch points shown; older ones are thinned out, for a chart has only so many pixels."""


@dataclass
class Curves:
    """What has been read of one run's `metrics.jsonl` so far."""

    offset: int = 0
    epochs: list[dict[str, Any]] = field(default_factory=list)
    batches: list[dict[str, Any]] = field(default_factory=list)
    last_time: float | None = None

    def read_on(self, run: RunFolder) -> None:
        """Take in what was appended since the last call."""
        lines, self.offset = run.metrics(self.offset)
        for line in lines:
            self.last_time = line.get("time", self.last_time)
            (self.epochs if line.get("kind") == "epoch" else self.batches).append(line)
        while len(self.batches) > KEPT_BATCHES:
            self.batches = self.batches[::2]

    def epoch_table(self) -> pd.DataFrame:
        """One row per epoch."""
        return pd.DataFrame(self.epochs)

    def batch_table(self) -> pd.DataFrame:
        """One row per few batches."""
        return pd.DataFrame(self.batches)


def follow(run: RunFolder) -> Curves:
    """The curves of a run, read on from where this session left off."""
    kept: dict[str, Curves] = st.session_state.setdefault("curves", {})
    curves = kept.setdefault(str(run.path), Curves())
    curves.read_on(run)
    return curves


def counted_epochs(epochs: pd.DataFrame) -> pd.DataFrame:
    """The numbers behind the curves, one row per epoch, counted from 1 as in the chart."""
    return epochs.drop(columns="kind").assign(epoch=epochs["epoch"] + 1)


@st.cache_data(max_entries=50, show_spinner=False)
def part_facts(split_file: str, written: int) -> tuple[int, float]:  # noqa: ARG001 - part of the key
    """Training pictures, and validation accuracy of always giving the most frequent training class."""
    split = Split.load(Path(split_file))
    train, validation = split.part(TRAIN)["label"], split.part(VALIDATION)["label"]
    return len(train), float((validation == train.value_counts().idxmax()).mean())
