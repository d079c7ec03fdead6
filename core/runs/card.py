"""The model card of a run: what it is, what it rests on, how far to trust it (Mitchell et al. 2019)."""

from core.evaluation.metrics import Metrics
from core.runs.results import load_leakage_of
from core.runs.run_folder import RunFolder
from core.serving.predictor import DISCLAIMER, PredictorInfo


def model_card(run: RunFolder, info: PredictorInfo, metrics: Metrics) -> str:
    """Markdown text of the card, from the run's own files."""
    recipe = run.recipe()
    leakage = load_leakage_of(run)
    names = {c.key: c.name for c in info.classes}
    warning = (
        f"\n> **This split leaks.** {leakage.groups_shared:,} groups and "
        f"{leakage.identical_images_shared:,} identical {info.things} stand in more than one part. "
        f"{''.join(f'{said} ' for said in leakage.level_sentences)}The figures below flatter the model.\n"
        if info.leaking
        else ""
    )
    cautions = "".join(f"\n> {said}\n" for said in leakage.cautions)
    synthetic = "\n> The pictures are synthetic: the figures say nothing about real skin.\n" if info.synthetic else ""
    began = f"| Began with | {leakage.trunk} |\n" if leakage.trunk else ""
    rows = "\n".join(
        f"| {names[c.key]} | {c.support:,} | {_percent(c.sensitivity)} | {_percent(c.specificity)} |"
        for c in metrics.per_class
    )
    intervals = {key: f"{_percent(low)} to {_percent(high)}" for key, (low, high) in metrics.intervals.items()}
    return f"""# {info.model} on {info.dataset_title}

{DISCLAIMER}
{warning}{cautions}{synthetic}
| | |
| --- | --- |
| Run | `{info.run_id}` |
{_size(info)}{_told(info)}| Split | {info.split}, seed {recipe.seed} |
| Balancing | {recipe.balance} |
{began}| Judged on | the {leakage.held_out_part} part: {metrics.images:,} {info.things} of {metrics.groups:,} groups |

| metric | value | 95 % interval |
| --- | --- | --- |
| Accuracy | {_percent(metrics.accuracy)} | {intervals.get("accuracy", "")} |
| Always “{names[metrics.majority_class]}” | {_percent(metrics.majority_accuracy)} | |
| Balanced accuracy | {_percent(metrics.balanced_accuracy)} | {intervals.get("balanced_accuracy", "")} |
| Macro AUC | {_percent(metrics.macro_auc)} | {intervals.get("macro_auc", "")} |

| class | {info.things} | sensitivity | specificity |
| --- | --- | --- | --- |
{rows}

Data: {info.citation} Licence: {info.licence}.
"""


def _size(info: PredictorInfo) -> str:
    return f"| Picture size | {info.image_size}×{info.image_size} |\n" if info.takes == "pictures" else ""


def _told(info: PredictorInfo) -> str:
    return f"| Told beside the picture | {info.metadata.in_words}, where known |\n" if info.metadata else ""


def _percent(value: float | None) -> str:
    return "not defined" if value is None else f"{100 * value:.1f} %"
