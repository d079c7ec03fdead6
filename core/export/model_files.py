"""What was handed over of a run: a zip for each format, with the report of how it was checked."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.base.errors import RunError
from core.base.files import UNREADABLE, read_json
from core.base.typed_json import fields_as
from core.export.formats import FORMATS, Format
from core.runs.run_folder import RunFolder
from core.serving.gate import gate_folder, made_at
from core.serving.predictor import PredictorInfo

LEAST_AGREEMENT = 0.97
"""Share of pictures with the same most likely class below which a file is marked in red."""
VERSION = 2
"""Goes up when files are written otherwise, so that older ones are made again."""


@dataclass(frozen=True)
class ClassAnswers:
    """Sensitivity for one class, 0…1, of the run itself and of the file, on the same pictures of that class."""

    name: str
    pictures: int
    run: float
    file: float


@dataclass(frozen=True)
class ExportReport:
    """How a file answers against the run itself, on held-out pictures, and what it takes on this machine.

    `max_difference` is the largest absolute difference of a probability and `agreement` the share with the same most
    likely class. The `gate_` figures say the same of the gate's score and of whether a picture passes; None without.
    `seconds` is the median for one picture, `load_seconds` and `memory` (bytes, None where not known) are those of a
    fresh process that does nothing else. `bytes` counts the model alone.
    """

    format: str
    made_from: tuple[Any, ...]
    part: str
    things: str
    pictures: int
    max_difference: float
    agreement: float
    accuracy: float
    run_accuracy: float
    sensitivities: tuple[ClassAnswers, ...]
    bytes: int
    seconds: float
    load_seconds: float
    memory: int | None
    gate_max_difference: float | None = None
    gate_agreement: float | None = None
    without_gate: str = ""
    """Why the gate is not inside; "" where it is."""

    @classmethod
    def from_json(cls, value: Any) -> "ExportReport":
        """What `to_json` gave.

        Raises:
            ValueError: it is something else.
        """
        return cls(**fields_as(cls, value))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return asdict(self)

    @property
    def doubtful(self) -> bool:
        """Whether it so often answers otherwise that it is another model."""
        return self.agreement < LEAST_AGREEMENT


def exports_folder(run: RunFolder) -> Path:
    """Where what was handed over of a run lies, a folder for each format."""
    return run.path / "exports"


def zip_file(run: RunFolder, form: Format) -> Path:
    """The file that is downloaded."""
    return exports_folder(run) / form.key / f"{run.run_id}-{form.key}.zip"


def zip_with(file: Path, texts: Mapping[str, str]) -> bytes:
    """A zip with these texts as files in it, in place of those of the same names that it has.

    Raises:
        RunError: it is gone, or is no zip.
    """
    buffer = io.BytesIO()
    compressed: dict[str, Any] = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 1}
    try:
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(buffer, "w", **compressed) as new:
            for entry in old.infolist():
                if entry.filename not in texts:
                    new.writestr(entry, old.read(entry))
            for name, text in texts.items():
                new.writestr(name, text)
    except (OSError, zipfile.BadZipFile) as error:
        raise RunError(f"{file.name} is gone or damaged. Have it written again.") from error
    return buffer.getvalue()


def load_report(run: RunFolder, form: Format) -> ExportReport | None:
    """The report of a format as the model and its gate are now; None where there is none."""
    try:
        report = ExportReport.from_json(read_json(zip_file(run, form).with_name("report.json")))
        current = report.made_from == made_from(run) and zip_file(run, form).is_file()
    except (*UNREADABLE, RunError):
        return None
    return report if current else None


def load_reports(run: RunFolder) -> dict[str, ExportReport]:
    """The reports of all formats that can be downloaded, by their key."""
    found = {key: load_report(run, form) for key, form in FORMATS.items()}
    return {key: report for key, report in found.items() if report is not None}


def made_from(run: RunFolder) -> tuple[Any, ...]:
    """What a file depends on, in plain JSON types: model, how it answers, gate.

    Raises:
        RunError: the run has no trained model.
    """
    info = PredictorInfo.load(run.predictor_file)
    try:
        stat = run.model_file.stat()
    except OSError as error:
        raise RunError(f"The run {run.run_id} has no trained model yet.") from error
    how = [info.temperature, str(info.test_time_augmentation)]
    return (VERSION, stat.st_size, stat.st_mtime_ns, *how, made_at(gate_folder(info.dataset)))
