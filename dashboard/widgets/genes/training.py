"""Training on a table of gene expression: a few settings, the button, and the runs that there are."""

from typing import Any

import pandas as pd
import streamlit as st

from core.base.counting import counted
from core.base.errors import LesionLabError
from core.data.gene_catalog import GeneTable
from core.data.splits.splits import SplitKind
from core.engine.engine import engine_status
from core.engine.launch import launch
from core.models.registry import list_models, model_spec
from core.runs.run_folder import RunSummary
from core.training.recipe import Recipe, make_recipe
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state.loading import load_gene_split, load_gene_split_kinds
from dashboard.widgets.run_names import run_choices, run_title
from dashboard.widgets.runs.run_list import readable_runs
from dashboard.widgets.runs.train_starts import recipe_in_address
from dashboard.widgets.shares_table import shares_written

EPOCHS = 60
"""An epoch of a few dozen samples is two or three steps, so that more of them are needed than of pictures."""
FRACTIONS = (0.70, 0.15, 0.15)
MOST_RUNS, FEW = 8, 200


def train_on_genes(name: str, table: GeneTable) -> None:
    """What can be trained on a table: settings, what the split holds, the button, the runs so far.

    Args:
        name: of the table in the catalog.
        table: as it was read.
    """
    st.caption(
        "Genes are chosen and standardised on the training part alone, inside the model. The other models are floors: "
        "a network that is no better than they are is not worth its layers. Each training is a run, with curves, "
        "results and predictions."
    )
    settings, told = st.columns([2, 3], gap="large")
    with settings:
        recipe = _recipe(name)
    if recipe is None:
        return
    with told:
        _show_split(name, table, recipe)
        _show_runs(name, str(table.spec.group))


def _recipe(name: str) -> Recipe | None:
    """The recipe that the settings ask for, with the button that starts it; None where nothing can be trained."""
    cloned = _to_clone(name)
    apart = f"-{st.query_params['clone']}" if cloned else ""

    def kept(field: str) -> dict[str, Any]:
        """What lets a field keep its value: in the address, and apart for each run that is cloned."""
        return {"key": f"{field}{apart}", "bind": "query-params"}

    names = [model.name for model in list_models("genes")]
    model = st.selectbox(
        "Model", names, index=names.index(cloned.model) if cloned else 0,
        format_func=lambda each: model_spec(each).title, **kept("gene-model"),
    )  # fmt: skip
    spec = model_spec(model)
    st.caption(f"{spec.description} Source: {spec.source}.")
    kinds = load_gene_split_kinds(name, FRACTIONS)
    if not kinds:
        st.info("This table has too few samples for a training, a validation and a test part.", icon=":material/info:")
        return None
    own = SplitKind.OFFICIAL if SplitKind.OFFICIAL in kinds else kinds[0]
    wanted = cloned.split if cloned and cloned.split in kinds else own
    values: dict[str, object] = cloned.model_dump() if cloned and cloned.model == model else {}
    values |= {"dataset": name, "model": model}
    kind = st.segmented_control("Split", kinds, default=wanted, required=True, **kept(f"gene-split-{name}"))
    values["split"] = kind
    st.caption(SplitKind(kind).explanation.replace("pictures", "samples").replace("picture", "sample"))
    left, right = st.columns(2)
    structure = dict(cloned.architecture) if cloned and cloned.model == model else {}
    for parameter in spec.architecture:
        if parameter.name == "genes":
            low, high = map(int, parameter.ends)
            start = int(structure.get("genes", parameter.default))
            structure["genes"] = left.number_input(
                "Genes chosen", low, high, start, 10, help=parameter.meaning, **kept(f"genes-{model}")
            )
    if spec.gradient_trained:
        values["epochs"] = right.number_input(
            "Epochs",
            1,
            1000,
            cloned.epochs if cloned else EPOCHS,
            help=Recipe.model_fields["epochs"].description,
            **kept("gene-epochs"),
        )
    values["architecture"] = structure
    values["seed"] = left.number_input("Seed", 0, 2**31 - 1, cloned.seed if cloned else 0, **kept("gene-seed"))
    try:
        recipe = make_recipe(**values)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return None
    instructor = current_role() is Role.INSTRUCTOR
    if st.button(
        "Start training", type="primary", icon=":material/play_arrow:", disabled=not instructor, key="train-on-genes"
    ):
        _start(recipe)
    if not instructor:
        st.caption("Only instructors can start a training on this server.")
    return recipe


def _start(recipe: Recipe) -> None:
    wait = "Handing the run to the engine …" if engine_status().running else "Starting the engine, about 3 seconds …"
    try:
        require_instructor()
        with st.spinner(wait):
            run = launch(recipe, owner=current_person())
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.switch_page(page_of("runs"), query_params={"run": run.run_id})


def _to_clone(name: str) -> Recipe | None:
    """The recipe of the run on this table that the address asks to clone."""
    found = recipe_in_address()
    fits = found is not None and found.dataset == name and model_spec(found.model).takes == "genes"
    return found if fits else None


def _show_split(name: str, table: GeneTable, recipe: Recipe) -> None:
    try:
        split = load_gene_split(name, str(recipe.split), recipe.seed, recipe.fractions)
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    counts = split.counts().rename(index=table.spec.class_names)
    counts.index.name = "class"
    st.dataframe(counts, height="content", alt=f"{table.spec.group.capitalize()}s by class and part of the split")
    few = int(counts.iloc[:, -1].sum()) or int(counts.iloc[:, 1].sum())
    if few < FEW:
        st.caption(f"Judged on {counted(few, 'samples')}: so few say little, which the intervals in the results show.")


def _show_runs(name: str, noun: str) -> None:
    """The runs on this table, each with its figures and a link to it."""
    runs = [each for each in readable_runs() if each.recipe.dataset == name][:MOST_RUNS]
    if not runs:
        st.info(f"Nothing was trained on these {noun}s yet.", icon=":material/info:")
        return
    st.dataframe(
        shares_written(_table(runs), ("balanced accuracy", "accuracy", "floor")),
        hide_index=True,
        height="content",
        placeholder="–",
        alt="Runs on this table with their figures",
    )
    with st.container(horizontal=True):
        for run in runs[:1]:
            st.page_link(
                page_of("runs"), label=f"Latest: {run_title(run)}", icon=":material/monitoring:",
                query_params={"run": run.run.run_id},
            )  # fmt: skip
        if len(runs) > 1:
            st.page_link(
                page_of("compare"), label="Compare them", icon=":material/compare_arrows:",
                query_params={"runs": ",".join(each.run.run_id for each in runs)},
            )  # fmt: skip


def _table(runs: list[RunSummary]) -> pd.DataFrame:
    rows, titles = [], run_choices(runs)
    for each in runs:
        headline = each.metrics.get(each.metrics.get("headline", ""), {})
        rows.append(
            {
                "run": titles[each.run.run_id],
                "model": each.recipe.model,
                "state": str(each.status.state),
                "split": str(each.recipe.split),
                "balanced accuracy": headline.get("balanced_accuracy"),
                "accuracy": headline.get("accuracy"),
                "floor": headline.get("majority_accuracy"),
            }
        )
    return pd.DataFrame(rows)
