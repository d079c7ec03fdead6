"""Where data is read from and where everything made here is written to."""

import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def data_roots() -> tuple[Path, ...]:
    """Folders that may hold data sets: `LESIONLAB_DATA`, separated as in `PATH`; default `data/`."""
    value = os.environ.get("LESIONLAB_DATA", "").strip()
    if not value:
        return (PROJECT_ROOT / "data",)
    return tuple(Path(part).expanduser().resolve() for part in value.split(os.pathsep) if part.strip())


def artifacts_dir() -> Path:
    """Folder for runs, caches and exports: `LESIONLAB_ARTIFACTS`, default `artifacts/`. Created if absent."""
    value = os.environ.get("LESIONLAB_ARTIFACTS", "").strip()
    folder = Path(value).expanduser().resolve() if value else PROJECT_ROOT / "artifacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def settings_for_processes() -> dict[str, str]:
    """The settings as environment variables with absolute paths, for processes started elsewhere."""
    return {
        "LESIONLAB_DATA": os.pathsep.join(str(root) for root in data_roots()),
        "LESIONLAB_ARTIFACTS": str(artifacts_dir()),
    }
