"""The whole model card of any run, that of an ensemble with its members."""

from core.base.errors import LesionLabError
from core.base.percents import percent
from core.combined.ensembles import load_ensemble
from core.runs.card.as_html import card_html
from core.runs.card.as_markdown import card_markdown, escaped
from core.runs.card.blocks import Card, Section, Text, table
from core.runs.card.making import data_of, make_card
from core.runs.run_folder import RunFolder


def whole_card(run: RunFolder) -> Card:
    """The card of a run with all that is known of it now. Takes seconds.

    Raises:
        RunError, DataError: as `core.runs.card.making.make_card`.
    """
    members = members_section(run)
    return make_card(run, *data_of(run), more=[members] if members else [])


def card_beside(run: RunFolder) -> dict[str, str]:
    """The card of a run as it is now, as files by their name to go with its model; or why there is none, as one."""
    try:
        card = whole_card(run)
    except LesionLabError as error:
        return {"card.md": f"There is no model card of {run.run_id}. {escaped(str(error))}\n"}
    return {"card.md": card_markdown(card), "card.html": card_html(card)}


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
