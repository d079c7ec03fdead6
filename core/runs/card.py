"""The model card of a run: what it is, what it rests on, how far to trust it (Mitchell et al. 2019)."""

from core.base.errors import LesionLabError
from core.base.printable import one_line
from core.evaluation.metrics import Metrics
from core.runs.results import OtherResults, load_leakage_of, load_other, others_of
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


def load_card(run: RunFolder) -> str:
    """The card of a run as it was written, with what the run was judged on since; empty where there is none."""
    try:
        written = (run.path / "card.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return written + external_tests_in_card(run)


def external_tests_in_card(run: RunFolder) -> str:
    """Markdown on every external test of a run: figures, shared pictures, classes; says where there is none."""
    rows, notes = [], []
    for name in others_of(run):
        try:
            rows.append(_external_row(other := load_other(run, name)))
            notes.append(_external_note(other))
        except LesionLabError as error:
            notes.append(f"- {_cell(name)}: {one_line(str(error))}")
    if not rows and not notes:
        return "\n## External tests\n\nThe run was not judged on any other data.\n"
    head = (
        "| data | images | groups | accuracy | balanced accuracy | macro AUC |\n| --- | --- | --- | --- | --- | --- |"
    )
    table = "\n".join([head, *rows]) + "\n\n" if rows else ""
    return f"\n## External tests\n\n{table}" + "\n".join(notes) + "\n"


def _external_row(other: OtherResults) -> str:
    metrics = other.metrics
    cells = (
        _cell(other.title), f"{metrics.images:,}", f"{metrics.groups:,}", _percent(metrics.accuracy),
        _percent(metrics.balanced_accuracy), _percent(metrics.macro_auc),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _external_note(other: OtherResults) -> str:
    """How an external test was done, as a line of a list."""
    how, said = other.how, []
    if how.shared is not None:
        said.append(f"{how.shared.total:,} that the run's own data have, too, were cut.")
    elif other.seen is None:
        said.append("Whether the run has learnt from some of it is not known.")
    elif seen := other.seen + (how.near_duplicates_of_training or 0):
        said.append(f"The run has learnt from {seen:,} of it, whole or changed: the figures flatter.")
    else:
        said.append("The run has learnt from none of it.")
    if changed := [f"{_cell(key)} counts as {_cell(meant)}" for key, meant in how.classes.items() if key != meant]:
        said.append(f"{', '.join(changed)}.")
    if how.left_out:
        said.append(f"Left out: {', '.join(f'{_cell(key)} ({n:,})' for key, n in how.left_out.items())}.")
    return f"- {_cell(other.title)}: {' '.join(said)}"


def _cell(text: str) -> str:
    """A text from files as it can stand in a table of Markdown."""
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _size(info: PredictorInfo) -> str:
    return f"| Picture size | {info.image_size}×{info.image_size} |\n" if info.takes == "pictures" else ""


def _told(info: PredictorInfo) -> str:
    return f"| Told beside the picture | {info.metadata.in_words}, where known |\n" if info.metadata else ""


def _percent(value: float | None) -> str:
    return "not defined" if value is None else f"{100 * value:.1f} %"
