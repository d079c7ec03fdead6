"""What a person can set about the engine; kept in the artifacts folder, read anew by every process that uses it."""

from dataclasses import asdict, dataclass
from pathlib import Path

from core.base.errors import ConfigurationError
from core.base.files import read_json, write_json
from core.base.settings import artifacts_dir
from core.base.typed_json import read_as

MOST_CPU_WORKERS = 64
_OLD_NAMES = {"spare_minutes": "standby_minutes"}
"""What version 0.1.0 called them."""


@dataclass(frozen=True)
class EngineSettings:
    """How the engine uses this machine.

    `cpu_workers`: runs that train at once where there is no GPU. `gpus_per_run`: GPUs that each run gets. `per_person`:
    runs of one logged-in person that train at once, 0 for as many as there are devices. `resume_lost`: whether a run
    whose process died goes on by itself. `standby_minutes`: how long a process with TensorFlow loaded waits for a
    run before it gives its memory back, 0 for none. `takeover_seconds`: how long a machine that shares the artifacts
    folder may be silent before another one takes its run over.
    """

    cpu_workers: int = 1
    gpus_per_run: int = 1
    per_person: int = 0
    resume_lost: bool = True
    standby_minutes: int = 20
    takeover_seconds: int = 60

    def __post_init__(self) -> None:
        limits = {
            "cpu_workers": (1, MOST_CPU_WORKERS),
            "gpus_per_run": (1, 64),
            "per_person": (0, 1000),
            "standby_minutes": (0, 24 * 60),
            "takeover_seconds": (5, 24 * 3600),
        }
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:  # true is a whole number to Python alone
                raise ConfigurationError(f"{name} must be a whole number from {least} to {most}; it is {value!r}.")


def settings_file() -> Path:
    """Where they stand."""
    return artifacts_dir() / "settings" / "engine.json"


def load_engine_settings() -> EngineSettings:
    """The settings, with the default of each that is missing or cannot be used."""
    try:
        value = read_json(settings_file())
        return read_as(EngineSettings, {_OLD_NAMES.get(name, name): each for name, each in value.items()})
    except (OSError, ValueError, TypeError, AttributeError, ConfigurationError):
        return EngineSettings()


def save_engine_settings(settings: EngineSettings) -> None:
    """Keep them; the engine takes them up within seconds.

    Raises:
        DiskFullError: the old ones still hold.
    """
    write_json(settings_file(), asdict(settings))
