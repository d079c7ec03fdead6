"""What a run can be judged on besides its own data, and which of its own parts that is compared with."""

from core.data.trainable import why_not_used
from core.serving.predictor import PredictorInfo
from dashboard.state.judged import JudgedPart, judged_part, load_judged
from dashboard.state.rerun_catalog import current_catalog


def elsewhere_choices(info: PredictorInfo) -> dict[str, str]:
    """Titles of the data sets, by name, that a run can be judged on: of its kind, here, certain, and not its own."""
    catalog = current_catalog()
    if info.takes == "genes":
        return {name: name for name, _ in catalog.gene_tables if name != info.dataset}
    return {
        entry.spec.name: entry.spec.title
        for entry in catalog.entries
        if entry.present and entry.spec.name != info.dataset and not why_not_used(entry.spec)
    }


def own_part_beside(part: JudgedPart) -> JudgedPart:
    """The part of the run's own data that an external test is compared with: the one that speaks for the run."""
    results = load_judged(part.run)
    return judged_part(part.run, results, results.headline)
