"""Whether what a network is told beside the picture is worth it: the same recipe on the picture alone, or its lack."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.base.errors import LesionLabError
from core.base.percents import p_equals
from core.data.metadata_encoding import that_add
from core.evaluation.paired import Difference
from core.runs.index import all_runs
from core.runs.judging.comparison import Comparison, ablation_partner, compare_runs
from core.runs.judging.results import evaluated
from core.runs.run_folder import RunFolder, RunSummary, summarise


@dataclass(frozen=True)
class Ablation:
    """A run with metadata against the run of the same recipe and seed without.

    `alone` is the one without, None where there is none. `found` is what the one with metadata is ahead by; None until
    both are judged, and where that cannot be said: `problem` says why.
    """

    run_id: str
    columns: tuple[str, ...]
    alone: RunSummary | None
    found: Comparison | None = None
    problem: str = ""

    @property
    def title(self) -> str:
        """What is asked: "What age and sex add"."""
        return f"What {that_add(self.columns)}"

    @property
    def lacking(self) -> str:
        """Why it is not known what metadata add, the second half of a sentence; "" where it is."""
        if self.found is not None:
            return ""
        if self.alone is None:
            return "the same recipe was not trained on the picture alone"
        return self.problem or f"the run on the picture alone, {self.alone.run.run_id}, is {self.alone.status.state}"

    @property
    def command(self) -> str:
        """What trains the run on the picture alone; "" where it is there."""
        return "" if self.alone else f"python -m core train {self.run_id} --set metadata="

    @property
    def differences(self) -> Iterator[tuple[str, Difference]]:
        """Name of each metric, and what the run with metadata is ahead by, a share."""
        if self.found is not None:
            yield "accuracy", self.found.paired.accuracy
            yield "balanced_accuracy", self.found.paired.balanced_accuracy
            if self.found.macro_auc is not None:
                yield "macro_auc", self.found.macro_auc

    @property
    def judged_on(self) -> str:
        """On how many pictures both are compared, and by which run without metadata; "" where they are not."""
        if self.found is None or self.alone is None:
            return ""
        paired = self.found.paired
        return (
            f"On {paired.pictures:,} pictures of {paired.groups:,} groups that both have held out, ahead of the same "
            f"on the picture alone ({self.alone.run.run_id}). McNemar's exact test: {p_equals(paired.p_value)}."
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types: the run on the picture alone and what this one is ahead by, or the lack of it."""
        told: dict[str, Any] = {"run_id": None, "ahead": None}
        if self.alone is not None:
            told |= {"run_id": self.alone.run.run_id, "state": str(self.alone.status.state)}
        if self.found is None:
            return told | {"lacking": self.lacking} | ({"command": self.command} if self.command else {})
        paired = self.found.paired
        counts = {"pictures": paired.pictures, "groups": paired.groups, "p_value": paired.p_value}
        return told | {"ahead": {name: asdict(each) for name, each in self.differences} | counts}

    def lines(self) -> list[str]:
        """For people, a line each."""
        if self.found is None:
            said = f"Whether {that_add(self.columns)} anything is not known: {self.lacking}."
            return [said, *([f"Train that, too: {self.command}"] if self.command else [])]
        lines = [f"what {that_add(self.columns)}:"]
        for name, each in self.differences:
            spread = "" if each.lower is None or each.upper is None else f" ({each.lower:+.4f} to {each.upper:+.4f})"
            lines.append(f"  {name.replace('_', ' '):<18} {each.value:+.4f}{spread}")
        return [*lines, f"  {self.judged_on}"]


def on_the_picture_alone(run: RunFolder) -> RunSummary | None:
    """The run that one with metadata is judged against; None where there is none, or this one has no metadata."""
    summary = summarise(run)
    if summary is None or not summary.recipe.metadata:
        return None
    return ablation_partner(summary, [each.summary for each in all_runs().runs])


def ablation_of(run: RunFolder) -> Ablation | None:
    """What is known of the worth of a run's metadata; None where it has none, or its recipe cannot be read."""
    summary = summarise(run)
    if summary is None or not summary.recipe.metadata:
        return None
    alone = on_the_picture_alone(run)
    known = Ablation(run.run_id, summary.recipe.metadata, alone)
    if alone is None or not ((run.evaluation / "metrics.json").is_file() and evaluated(alone.run)):
        return known  # this one may be just being judged, with no model in its place yet
    try:
        found = compare_runs(run, alone.run)
    except LesionLabError as error:
        return replace(known, problem=str(error).rstrip("."))
    if found is None:
        return replace(known, problem=f"this run and {alone.run.run_id} have no test picture in common")
    return replace(known, found=found)
