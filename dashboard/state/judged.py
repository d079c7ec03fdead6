"""What a run was judged on, and what is computed of it, kept between reruns until its files change."""

import os
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.abstention import abstention_curve
from core.evaluation.brier import Brier, brier, with_bin_intervals
from core.evaluation.calibration_intervals import CalibrationIntervals, calibration_intervals
from core.evaluation.class_intervals import Intervals, class_intervals
from core.evaluation.curves import Area, areas
from core.evaluation.drop import Drop, drops
from core.evaluation.label_issues import LabelIssues, find_label_issues
from core.evaluation.metrics import Metrics
from core.evaluation.mistakes import InCommon, in_common
from core.evaluation.operating import OperatingCurve, operating_curve
from core.evaluation.predictions import sure_and_right
from core.evaluation.readings import Reading
from core.evaluation.source_probe import SourceProbe, within_sources
from core.evaluation.subgroups import Subgroups, judge_subgroups
from core.evaluation.temperature import without_temperature
from core.runs.judging.results import OtherResults, Results, load_other, load_results, others_of
from core.runs.judging.source_probe import load_source_probe
from core.runs.judging.threshold_rules import threshold_rules
from core.runs.run_folder import RunFolder
from core.serving.explaining import explainable
from core.serving.predictor import PredictorInfo

VALIDATION = "validation"
HEAT_MAP = "Heat map"
_OTHER = "external: "
_FILES = ("evaluation/predictions.parquet", "evaluation/metrics.json", "predictor.json", "leakage.json")


@dataclass(frozen=True)
class JudgedPart:
    """One part of a run, or another data set, with what the run said of it. Shared: read it, never change it.

    `version` changes with the files; `dataset` names the data set whose metadata tell more of the pictures, empty
    where there is none.
    """

    run: RunFolder
    info: PredictorInfo
    name: str
    metrics: Metrics
    table: pd.DataFrame
    version: str
    dataset: str
    seen: int | None = 0

    @property
    def own(self) -> bool:
        """Whether it is a part of the run's own data."""
        return not self.name.startswith(_OTHER)

    @property
    def heat_maps(self) -> dict[str, str]:
        """What links to heat maps of its pictures are called, and the id of the run; empty where there are none."""
        return {HEAT_MAP: self.run.run_id} if explainable(self.info) else {}

    @property
    def title(self) -> str:
        """What it is called in sentences."""
        return f"the {self.name} part" if self.own else self.name.removeprefix(_OTHER)


def load_judged(run: RunFolder) -> Results:
    """As `core.runs.judging.results.load_results`, kept until one of the files changes.

    Raises:
        RunError, DataError: as that.
    """
    return _results(str(run.path), _stamps(run.path, _FILES))


def part_names(run: RunFolder, results: Results) -> list[str]:
    """The parts of a run, and what else it was judged on."""
    return [*results.metrics, *(f"{_OTHER}{name}" for name in others_of(run))]


def judged_part(run: RunFolder, results: Results, name: str) -> JudgedPart:
    """One of `part_names`.

    Raises:
        RunError, DataError: its files are missing or damaged.
    """
    if name in results.metrics:
        version = f"{_stamps(run.path, _FILES)} {name}"
        return JudgedPart(
            run, results.info, name, results.metrics[name], results.part(name), version, results.info.dataset
        )
    other = load_elsewhere(run, name.removeprefix(_OTHER))
    version = f"{_stamps_elsewhere(run, other.name)} {name}"
    return JudgedPart(run, results.info, name, other.metrics, other.predictions, version, other.on, other.seen)


def load_elsewhere(run: RunFolder, name: str) -> OtherResults:
    """As `core.runs.judging.results.load_other`, kept until its files change.

    Raises:
        RunError, DataError: as that.
    """
    return _elsewhere(str(run.path), name, _stamps_elsewhere(run, name))


def load_drops(own: JudgedPart, other: OtherResults) -> list[Drop]:
    """What the figures of a part come to elsewhere."""
    version = f"{own.version} {_stamps_elsewhere(own.run, other.name)}"
    return _drops(str(own.run.path), other.name, version, own, other)


def validation_of(part: JudgedPart) -> pd.DataFrame:
    """The predictions for the validation part of the same run, on which thresholds are chosen; empty if it has none."""
    return load_judged(part.run).part(VALIDATION)


def load_areas(part: JudgedPart, readings: tuple[Reading, ...]) -> list[Area]:
    """The areas of each reading with their intervals."""
    return _areas(str(part.run.path), part.version, readings, part)


def load_operating_curve(part: JudgedPart, reading: Reading) -> OperatingCurve:
    """What each threshold comes to, with its resamples."""
    return _operating(str(part.run.path), part.version, reading, part)


def load_finding_curve(part: JudgedPart, reading: Reading, key: str) -> OperatingCurve:
    """How many of one class each threshold of a reading finds that holds this class, with its resamples."""
    return _finding(str(part.run.path), part.version, reading, key, part)


def load_threshold_rules(part: JudgedPart, reading: Reading) -> dict[str, float]:
    """Thresholds chosen on the validation part of the run, by the rule in words; none where it has no such cases."""
    return _rules(str(part.run.path), _stamps(part.run.path, _FILES), reading, part)


def load_brier(part: JudgedPart) -> Brier | None:
    """The Brier score of a part."""
    return _brier(str(part.run.path), part.version, part)


def load_calibration_intervals(part: JudgedPart) -> CalibrationIntervals:
    """As `core.evaluation.calibration_intervals.calibration_intervals`."""
    return _calibration_intervals(str(part.run.path), part.version, part)


def load_abstention_curve(part: JudgedPart) -> pd.DataFrame:
    """As `core.evaluation.abstention.abstention_curve`."""
    return _abstention_curve(str(part.run.path), part.version, part)


def load_class_intervals(part: JudgedPart) -> Intervals:
    """As `core.evaluation.class_intervals.class_intervals`."""
    return _class_intervals(str(part.run.path), part.version, part)


def load_subgroups(
    part: JudgedPart, reading: Reading, columns: pd.DataFrame, called: np.ndarray, *, areas: bool
) -> Subgroups:
    """As `core.evaluation.subgroups.judge_subgroups`; `columns` and `called` are by row of the part."""
    decided = sha256(np.packbits(called).tobytes()).hexdigest()
    return _subgroups(str(part.run.path), part.version, reading, columns, decided, areas, part, called)


def load_in_common(part: JudgedPart, ranked: pd.DataFrame, columns: pd.DataFrame) -> list[InCommon]:
    """What mistakes have in common."""
    return _in_common(str(part.run.path), part.version, columns, ranked)


def load_label_issues(part: JudgedPart) -> LabelIssues:
    """Labels of a part that are likely to be wrong."""
    return _label_issues(str(part.run.path), part.version, part)


def load_within_sources(part: JudgedPart, sources: pd.Series) -> pd.DataFrame:
    """As `core.evaluation.source_probe.within_sources`; `sources` are by row of the part."""
    return _within_sources(str(part.run.path), part.version, sources, part)


def load_kept_probe(run: RunFolder) -> SourceProbe | None:
    """As `core.runs.judging.source_probe.load_source_probe`."""
    return _kept_probe(str(run.path), _stamps(run.path, ("source_probe.json", "model.keras", "predictor.json")))


def load_bins(part: JudgedPart, key: str) -> pd.DataFrame:
    """The reliability diagram of a class's probability, or with "" of that of the most likely class."""
    return _bins(str(part.run.path), part.version, key, part)


def uncalibrated(part: JudgedPart) -> JudgedPart:
    """The same part as the network answers before its temperature; only its table is another one."""
    return _uncalibrated(str(part.run.path), part.version, part)


def _stamps_elsewhere(run: RunFolder, name: str) -> str:
    return _stamps(run.evaluation / f"on-{name}", ("predictions.parquet", "metrics.json"))


def _stamps(folder: Path, names: tuple[str, ...]) -> str:
    return " ".join(str(_changed(folder / name)) for name in names)


def _changed(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - many times with each rerun
    except OSError:
        return 0


@st.cache_resource(max_entries=4, show_spinner=False)
def _results(run: str, version: str) -> Results:  # noqa: ARG001 - part of the key
    return load_results(RunFolder(Path(run)))


@st.cache_resource(max_entries=8, show_spinner=False)
def _elsewhere(run: str, name: str, version: str) -> OtherResults:  # noqa: ARG001
    return load_other(RunFolder(Path(run)), name)


@st.cache_resource(max_entries=8, show_spinner="Computing 95 % intervals …")
def _drops(run: str, name: str, version: str, _own: JudgedPart, _other: OtherResults) -> list[Drop]:  # noqa: ARG001
    return drops(_own.table, _other.predictions, _own.info.class_keys)


@st.cache_resource(max_entries=20, show_spinner="Computing 95 % intervals …")
def _areas(run: str, version: str, readings: tuple[Reading, ...], _part: JudgedPart) -> list[Area]:  # noqa: ARG001
    return areas(_part.table, readings)


@st.cache_resource(max_entries=12, show_spinner="Computing 95 % intervals …")
def _operating(run: str, version: str, reading: Reading, _part: JudgedPart) -> OperatingCurve:  # noqa: ARG001
    table = _part.table
    return operating_curve(reading.scores(table), reading.is_positive(table), table["group_id"])


@st.cache_resource(max_entries=12, show_spinner="Computing 95 % intervals …")
def _finding(run: str, version: str, reading: Reading, key: str, _part: JudgedPart) -> OperatingCurve:  # noqa: ARG001
    table = _part.table
    return operating_curve(reading.scores(table), (table["true"] == key).to_numpy(), table["group_id"])


@st.cache_resource(max_entries=20, show_spinner="Computing 95 % intervals …")
def _calibration_intervals(run: str, version: str, _part: JudgedPart) -> CalibrationIntervals:  # noqa: ARG001
    return calibration_intervals(_part.table, _part.info.class_keys)


@st.cache_resource(max_entries=20, show_spinner="Computing 95 % intervals …")
def _brier(run: str, version: str, _part: JudgedPart) -> Brier | None:  # noqa: ARG001
    return brier(_part.table, _part.info.class_keys)


@st.cache_resource(max_entries=12, show_spinner="Computing 95 % intervals …")
def _abstention_curve(run: str, version: str, _part: JudgedPart) -> pd.DataFrame:  # noqa: ARG001
    return abstention_curve(_part.table, _part.info.class_keys)


@st.cache_resource(max_entries=12, show_spinner="Computing 95 % intervals …")
def _class_intervals(run: str, version: str, _part: JudgedPart) -> Intervals:  # noqa: ARG001
    return class_intervals(_part.table, _part.info.class_keys)


@st.cache_resource(max_entries=12, show_spinner="Looking for wrong labels …")
def _label_issues(run: str, version: str, _part: JudgedPart) -> LabelIssues:  # noqa: ARG001
    return find_label_issues(_part.table, _part.info.class_keys)


@st.cache_resource(max_entries=12, show_spinner="Computing 95 % intervals …")
def _within_sources(run: str, version: str, sources: pd.Series, _part: JudgedPart) -> pd.DataFrame:  # noqa: ARG001
    return within_sources(_part.table, _part.info.class_keys, sources)


@st.cache_resource(max_entries=12, show_spinner=False)
def _kept_probe(run: str, version: str) -> SourceProbe | None:  # noqa: ARG001
    return load_source_probe(RunFolder(Path(run)))


@st.cache_resource(max_entries=40, show_spinner="Computing 95 % intervals …")
def _bins(run: str, version: str, key: str, _part: JudgedPart) -> pd.DataFrame:  # noqa: ARG001
    table, keys = _part.table, _part.info.class_keys
    if key:
        happened = table["true"].to_numpy(dtype=str) == key
        return with_bin_intervals(table[f"p_{key}"].to_numpy(float), happened, table["group_id"])
    return with_bin_intervals(*sure_and_right(table, keys), table["group_id"])


@st.cache_resource(max_entries=6, show_spinner=False)
def _uncalibrated(run: str, version: str, _part: JudgedPart) -> JudgedPart:  # noqa: ARG001
    info = _part.info
    table = without_temperature(_part.table, info.class_keys, info.temperature)
    return replace(_part, table=table, version=f"{version} before")


@st.cache_resource(max_entries=12, show_spinner="Computing 95 % intervals …")
def _subgroups(
    run: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001
    reading: Reading,
    columns: pd.DataFrame,
    decided: str,  # noqa: ARG001
    areas: bool,
    _part: JudgedPart,
    _called: np.ndarray,
) -> Subgroups:
    return judge_subgroups(_part.table, _part.info.class_keys, columns, reading, _called, areas=areas)


@st.cache_resource(max_entries=12, show_spinner="Comparing wrong with right answers …")
def _in_common(run: str, version: str, columns: pd.DataFrame, _ranked: pd.DataFrame) -> list[InCommon]:  # noqa: ARG001
    return in_common(_ranked, columns)


@st.cache_resource(max_entries=40, show_spinner=False)
def _rules(run: str, version: str, reading: Reading, _part: JudgedPart) -> dict[str, float]:  # noqa: ARG001
    return threshold_rules(validation_of(_part), _part.info.classes, reading)
