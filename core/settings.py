"""Where data is read from and where everything made here is written to."""

import os
from pathlib import Path

from core.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def data_roots() -> tuple[Path, ...]:
    """Folders that may hold data sets: `LESIONLAB_DATA`, separated as in `PATH`; default `data/`."""
    parts = [part.strip() for part in os.environ.get("LESIONLAB_DATA", "").split(os.pathsep)]
    roots = tuple(Path(part).expanduser().resolve() for part in parts if part)
    return roots or (PROJECT_ROOT / "data",)


def artifacts_dir() -> Path:
    """Folder for runs, caches and exports: `LESIONLAB_ARTIFACTS`, default `artifacts/`. Created if absent.

    Raises:
        ConfigurationError: it is not a folder and cannot be made one.
    """
    value = os.environ.get("LESIONLAB_ARTIFACTS", "").strip()
    folder = Path(value).expanduser().resolve() if value else PROJECT_ROOT / "artifacts"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The artifacts folder {folder} cannot be made: {error.strerror}. Set LESIONLAB_ARTIFACTS to a folder "
            "that you may write to."
        ) from error
    return folder


def settings_for_processes() -> dict[str, str]:
    """The settings as environment variables with absolute paths, for processes started elsewhere."""
    return {
        "LESIONLAB_DATA": os.pathsep.join(str(root) for root in data_roots()),
        "LESIONLAB_ARTIFACTS": str(artifacts_dir()),
    }
