"""Where data is read from and where everything made here is written to."""

import errno
import json
import os
from pathlib import Path

from core.base.errors import ConfigurationError
from core.base.printable import is_printable, printable, shortened

PROJECT_ROOT = Path(__file__).resolve().parent.parent.parent


def data_roots() -> tuple[Path, ...]:
    """Folders that may hold data sets: configured ones first, then those added on the Data page, then our own."""
    own = unpacked_root()
    return tuple(dict.fromkeys([*configured_roots(), *added_roots(), *([own] if os.path.isdir(own) else [])]))  # noqa: PTH112


def is_data_root(folder: Path) -> bool:
    """Whether data sets are looked for in a folder, so that what lies in it may be one each."""
    return folder.absolute() in data_roots()


def configured_roots() -> tuple[Path, ...]:
    """What `LESIONLAB_DATA` names, separated as in `PATH`; default `data/`. Downloads go into the first."""
    parts = [part.strip() for part in os.environ.get("LESIONLAB_DATA", "").split(os.pathsep)]
    roots = tuple(_absolute(part) for part in parts if part)
    return roots or (_workplace() / "data",)


def added_roots() -> tuple[Path, ...]:
    """Folders of data sets that a person added, and the folder of links to single data sets, as far as they are there.

    They stand in the artifacts folder, so that every process with the same settings finds the same data.
    """
    settings = _artifacts_path() / "settings"
    try:
        listed = json.loads((settings / "data_roots.json").read_text(encoding="utf-8"))
        roots = [Path(each) for each in listed if isinstance(each, str)]
    except (OSError, ValueError, TypeError, RecursionError):  # none was added, or the file was damaged by hand
        roots = []
    return tuple(root for root in (*roots, settings / "linked") if os.path.isdir(root))  # noqa: PTH112 - never raises


def unpacked_root() -> Path:
    """The data root in the artifacts folder: what was uploaded, or unpacked where its own place cannot be written."""
    return _artifacts_path() / "unpacked"


def weights_folders() -> tuple[Path, ...]:
    """Folders that may hold weights: `LESIONLAB_WEIGHTS`, `weights` in each data root, and what was downloaded."""
    named = os.environ.get("LESIONLAB_WEIGHTS", "").strip()
    own = _artifacts_path() / "weights"
    return (*([_absolute(named)] if named else []), *(root / "weights" for root in data_roots()), own)


def artifacts_dir() -> Path:
    """Folder for runs, caches and exports: `LESIONLAB_ARTIFACTS`, default `artifacts/`. Created if absent.

    Raises:
        ConfigurationError: it is not a folder and cannot be made one, or its path is no text in UTF-8.
    """
    folder = _artifacts_path()
    try:
        if not is_printable(str(folder)):
            raise OSError(errno.EILSEQ, "its path is no text in UTF-8")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        shown = shortened(printable(folder))
        raise ConfigurationError(
            f"The artifacts folder {shown} cannot be made: {error.strerror}. Set LESIONLAB_ARTIFACTS to a folder "
            "that you may write to."
        ) from error
    return folder


def _artifacts_path() -> Path:
    value = os.environ.get("LESIONLAB_ARTIFACTS", "").strip()
    return _absolute(value) if value else _workplace() / "artifacts"


def _workplace() -> Path:
    """Where `data/` and `artifacts/` lie: in the checkout; installed from a wheel, in the folder it is started in."""
    return PROJECT_ROOT if (PROJECT_ROOT / "pyproject.toml").is_file() else Path.cwd()


def _absolute(path: str) -> Path:
    """The whole path, links followed where that is possible; whoever opens it learns why it is not."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError):  # too long, a link to itself, or the home of nobody
        return Path(path).absolute()


def settings_for_processes() -> dict[str, str]:
    """The settings as environment variables with absolute paths, for processes started elsewhere.

    Added folders are not among them: those processes find them in the artifacts folder, as this one does.
    """
    weights = os.environ.get("LESIONLAB_WEIGHTS", "").strip()
    return {
        "LESIONLAB_DATA": os.pathsep.join(str(root) for root in configured_roots()),
        "LESIONLAB_ARTIFACTS": str(artifacts_dir()),
        **({"LESIONLAB_WEIGHTS": str(_absolute(weights))} if weights else {}),
    }


def makes_gates() -> bool:
    """Whether a job learns which pictures are of a data set's kind once they are decoded (`LESIONLAB_GATE`)."""
    return _is_on("LESIONLAB_GATE")


def answers_faster() -> bool:
    """Whether a job measures if ONNX Runtime may answer for a run that is asked (`LESIONLAB_FAST_ANSWERS`)."""
    return _is_on("LESIONLAB_FAST_ANSWERS")


def starts_warm() -> bool:
    """Whether the process that predicts starts with the server (`LESIONLAB_WARM`), not when it is first asked."""
    return _is_on("LESIONLAB_WARM")


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() not in ("0", "no", "off", "false")
