"""What the model card of an ensemble says of its members."""

from core.combined.ensembles import load_ensemble
from core.runs.card.blocks import Section, Text, percent, table
from core.runs.run_folder import RunFolder


def members_section(run: RunFolder) -> Section | None:
    """The members of an ensemble beside it; None for any other run."""
    ensemble = load_ensemble(run)
    if ensemble is None:
        return None
    rows = [
        (each.run, each.model, percent(each.figures.get("accuracy")), percent(each.figures.get("balanced accuracy")))
        for each in (*ensemble.members, ensemble.ensemble)
    ]
    return Section(
        "Members of the ensemble",
        (
            table(("run", "model", "accuracy", "balanced accuracy"), rows),
            *(Text(said) for said in ensemble.said),
        ),
    )
