"""What was found out about whether a run tells the camera or hospital; kept with the run."""

from dataclasses import asdict
from typing import Any

from core.base.errors import RunError
from core.base.files import UNREADABLE, read_json, write_json
from core.base.typed_json import read_as
from core.evaluation.source_probe import SourceProbe
from core.models.registry import NOT_TRAINED, model_spec
from core.runs.explanations.explanation_checks import state_of_model
from core.runs.run_folder import RunFolder
from core.serving.predictor import PredictorInfo

_FILE = "source_probe.json"


def has_features(info: PredictorInfo) -> bool:
    """Whether a run has one last layer but one that learnt: neither ensembles, models from outside nor floors have."""
    return not info.folds and info.model not in NOT_TRAINED and model_spec(info.model).gradient_trained


def save_source_probe(run: RunFolder, probe: SourceProbe, state: list[Any]) -> None:
    """Keep a probe with the run, for a state of its model (`explanation_checks.state_of_model`)."""
    write_json(run.path / _FILE, {"state": state, **asdict(probe)}, new_folders=False)


def load_source_probe(run: RunFolder) -> SourceProbe | None:
    """What was kept; None if there is none of the model as it is now."""
    try:
        kept = dict(read_json(run.path / _FILE))
        return read_as(SourceProbe, kept) if kept.pop("state") == state_of_model(run) else None
    except (*UNREADABLE, RunError):
        return None
