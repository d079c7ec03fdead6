"""Train: choose a data set, a model and a few settings, see the split, start."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.base.counting import counted, plural
from core.base.errors import DataError, LesionLabError
from core.combined.starting import cross_validate, fold_recipe
from core.data.images.cache import cache_folder
from core.data.images.turns import Turns
from core.data.splits.balance import Balance, balanced_positions
from core.data.splits.folds import fold_cautions, names_of_own_folds
from core.data.splits.splits import TRAIN, Split, SplitKind, default_fractions
from core.engine.engine import engine_status
from core.engine.launch import launch, launch_with_ablation
from core.export.package import package
from core.models.registry import list_models, model_spec
from core.training.presets import PRESETS
from core.training.recipe import Recipe, make_recipe
from dashboard.charts.training import split_chart
from dashboard.glossary import meaning
from dashboard.markdown import Markdown, code
from dashboard.roles import Role, current_person, current_role, require_instructor
from dashboard.router import page_of
from dashboard.state import part_fractions
from dashboard.state.arrival import arrival
from dashboard.state.loading import load_dataset, load_leakage, load_split, load_split_kinds
from dashboard.state.parts_reached import parts_reached
from dashboard.state.rerun_catalog import current_catalog
from dashboard.state.warm_engine import make_ready_for
from dashboard.widgets.notices import (
    leak_warning,
    say_what_is_gone,
    source_line,
    split_notice,
    synthetic_badge,
    training_refusal,
)
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.pickers import pick_dataset
from dashboard.widgets.pictures.augmentation_picker import as_address, augmentation_in, pick_augmentation
from dashboard.widgets.runs.ablation import asks_for_ablation, pick_metadata
from dashboard.widgets.runs.fold_picker import pick_folds
from dashboard.widgets.runs.learning_picker import pick_learning
from dashboard.widgets.runs.model_layers import show_layers
from dashboard.widgets.runs.show_code import show_code
from dashboard.widgets.runs.stage_picker import pick_stages
from dashboard.widgets.runs.structure_picker import pick_structure
from dashboard.widgets.runs.time_to_learn import say_how_long
from dashboard.widgets.runs.train_starts import keep_starts, recipe_to_clone
from dashboard.widgets.runs.weights_picker import pick_weights, refused_weights

FIELDS = Recipe.model_fields


def explained(field: str) -> str:
    """What the recipe says about one of its fields."""
    return FIELDS[field].description or ""


def start(field: str) -> Any:
    """With what a widget starts: the cloned recipe's value, else the default."""
    return getattr(cloned, field) if cloned else FIELDS[field].default


def place(options: Sequence[Any], field: str) -> int:
    """Where the value that a widget starts with stands among its options; the first where it is not among them."""
    return list(options).index(start(field)) if start(field) in options else 0


st.title("Train a model")
say_what_it_shows("train")
keep_starts()
cloned = recipe_to_clone()
settings, preview = st.columns([2, 3], gap="large")

with settings:
    spec = pick_dataset()
    dataset = load_dataset(spec.name)
    synthetic_badge(spec.synthetic)
    if current_catalog().gene_tables:
        st.page_link(page_of("genes"), label="Gene tables are trained on the page Genes", icon=":material/genetics:")
    say_what_is_gone("ready-made recipe", "preset", PRESETS, "None is filled in.")
    if (arrival().new_page or arrival().through_history) and st.query_params.get("preset") in PRESETS:
        st.session_state["preset"] = st.query_params["preset"]
    # Not bound to the address by Streamlit, which would write the title: links name a recipe as commands do.
    preset = st.pills(
        "Ready-made recipe",
        list(PRESETS),
        format_func=lambda each: PRESETS[each].title,
        key="preset",
        persist_state="session",
        wrap=True,
        help="Fills in a whole recipe, which you can then change.",
    )
    if (preset or "") != st.query_params.get("preset", ""):
        st.query_params["preset"] = preset or []
    if preset:
        st.caption(PRESETS[preset].description)
        cloned = make_recipe(dataset=spec.name, **PRESETS[preset].fields_for(dataset.table))
    names = [model.name for model in list_models()]
    say_what_is_gone("model", "model", names, "Another one is chosen.")
    asked = st.query_params.to_dict()
    start_of_fields = "-".join(str(each or "") for each in (preset, asked.get("clone"), asked.get("model")))

    def kept(field: str) -> dict[str, Any]:
        """What lets a field keep its value: in the address, and apart for each recipe that fields can start from."""
        apart = f"-{start_of_fields}" if start_of_fields.strip("-") else ""
        return {"key": f"train-{field}{apart}", "bind": "query-params", "persist_state": "session"}

    wanted = cloned.model if preset and cloned else asked.get("model")
    index = names.index(wanted) if wanted in names else 0
    name = st.selectbox(
        "Model",
        names,
        index=index,
        format_func=lambda n: model_spec(n).title,
        help=explained("model"),
        **kept("model"),
    )
    model = model_spec(name)
    st.caption(
        Markdown("{} · {} · {:,} parameters at {}×{} and seven classes. {} Source: {}.").format(
            code(model.name),
            model.family,
            model.parameters,
            model.image_size,
            model.image_size,
            model.description,
            model.source,
        )
    )
    same = cloned if cloned is not None and (cloned.dataset, cloned.model) == (spec.name, name) else None
    whole, held_out = default_fractions(dataset.table)
    fractions = same.fractions if same else (whole, held_out, round(1 - whole - held_out, 2))
    kinds = load_split_kinds(spec.name, fractions)
    if not kinds:
        st.info(
            f"{spec.title} has too few pictures here to train on. "
            + " ".join(skip.reason for skip in dataset.skipped[:1]),
            icon=":material/image_not_supported:",
        )
        st.stop()
    values: dict[str, Any] = same.model_dump() if same else {"dataset": spec.name, "model": name}
    values["weights"] = pick_weights(model, same.weights if same else "", explained("weights"), kept)
    columns = pick_metadata(model, dataset.table, same.metadata if same else (), explained("metadata"), kept)
    values["metadata"], ablation = columns, asks_for_ablation(columns, kept)
    values |= pick_folds(start, kept, names_of_own_folds(dataset.table))
    kind = kinds[place(kinds, "split")]
    if not values["folds"]:
        values["split"] = st.segmented_control(
            "Split",
            kinds,
            default=kind,
            required=True,
            wrap=True,
            help=f"{meaning('split')} {meaning('grouped split')}",
            **kept(f"split-{'-'.join(kind[:2] for kind in kinds)}"),
        )
    st.caption(SplitKind(values["split"]).explanation)
    if values["split"] == SplitKind.OVERSAMPLE_FIRST:
        values["balance"] = Balance.NONE
    else:
        values["balance"] = st.selectbox(
            "Rare classes",
            list(Balance),
            index=place(list(Balance), "balance"),
            format_func=lambda b: f"{b}: {b.explanation}",
            help=explained("balance"),
            **kept("balance"),
        )
    if model.trunk:
        values["stages"] = pick_stages(name, same.stages if same else (), kept)
    places = st.columns(2)
    numbers = {"epochs": (1, 1000), "seed": (0, 2**31 - 1)}
    if values.get("stages"):  # whose epochs are those of the training
        del numbers["epochs"]
    for column, (field, (least, most)) in zip(places, numbers.items(), strict=False):
        values[field] = column.number_input(
            field.capitalize(), least, most, start(field), help=explained(field), **kept(field)
        )

    with st.expander("Expert settings", icon=":material/tune:"):
        first, second = st.columns(2)
        size = same.image_size if same else model.image_size
        values["image_size"] = first.number_input(
            "Image size (pixels)",
            model.min_image_size,
            max(512, size),
            size,
            help=explained("image_size"),
            **kept(f"size-{name}"),
        )
        values["batch_size"] = second.number_input(
            "Batch size (0 chooses)",
            0,
            4096,
            start("batch_size"),
            help=explained("batch_size"),
            **kept("batch_size"),
        )
        values["architecture"] = pick_structure(model, same.architecture if same else {}, kept)
        values |= pick_learning(start, len(spec.classes), kept, staged=bool(values.get("stages")))
        turns = list(Turns)
        values["test_time_augmentation"] = st.selectbox(
            "Answers as the mean over",
            turns,
            index=place(turns, "test_time_augmentation"),
            format_func=lambda each: "the picture as it is" if each.ways == 1 else f"{each.ways} ways: {each}",
            help=explained("test_time_augmentation"),
            **kept("test_time_augmentation"),
        )
        handles = st.slider(
            "Training, validation and test parts (%)",
            part_fractions.LEAST,
            part_fractions.MOST,
            part_fractions.shown(fractions),
            **kept(f"parts-{spec.name}"),
            help="Drag the two handles: training lies left of them, validation between them, test right of them.",
        )
        of_parts = part_fractions.chosen(handles, fractions)
        values |= zip(("train_fraction", "validation_fraction", "test_fraction"), of_parts, strict=True)
    augmented = augmentation_in({**(as_address(cloned) if cloned else {}), **asked})
    with st.expander("Augmentation", icon=":material/flip:", expanded=bool(augmented)):
        values |= pick_augmentation(f"train-{preset}" if preset else "train", augmented, in_address=True)

    try:
        recipe = make_recipe(**values)
        recipe.check_classes(len(spec.classes))
        recipe.check_stages()
    except LesionLabError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()

    refused = training_refusal(spec)
    instructor = current_role() is Role.INSTRUCTOR
    unavailable = refused_weights(model, recipe.weights)
    shown = fold_recipe(recipe, 1) if recipe.cross_validates else recipe
    divided = (spec.name, str(shown.split), shown.seed, shown.fractions, shown.most_pictures, shown.test_fold)
    drawn: Split | None = None
    try:
        drawn = load_split(*divided)
    except DataError as error:
        undivided = str(error)
    may_launch = instructor and drawn is not None and not refused and not unavailable
    label = f"Start {recipe.folds} trainings" if recipe.cross_validates else "Start training"
    if st.button(label, type="primary", icon=":material/play_arrow:", disabled=not may_launch):
        require_instructor()
        wait = "Handing the run to the engine …"
        if not engine_status().running:
            wait = "Starting the engine, about 3 seconds …"
        with st.spinner(wait):
            if recipe.cross_validates:
                try:
                    run = cross_validate(recipe, owner=current_person()).folds()[0].run
                    if ablation:
                        cross_validate(recipe.picture_alone, owner=current_person())
                except LesionLabError as error:
                    st.error(str(error), icon=":material/error:")
                    st.stop()
            elif ablation:
                run, _ = launch_with_ablation(recipe, owner=current_person())
            else:
                run = launch(recipe, owner=current_person())
        st.switch_page(page_of("runs"), query_params={"run": run.run_id} if run else {})
    how_long = st.container()
    if unavailable:
        st.error(unavailable, icon=":material/error:")
    if not instructor:
        st.caption("Only instructors can start a training on this server.")
    elif may_launch and not cache_folder(spec.name, recipe.image_size).is_dir():
        st.caption(
            f"The pictures are decoded to {recipe.image_size}×{recipe.image_size} first, once; the run shows how "
            "far it is."
        )

with preview:
    recipe = shown
    if drawn is None:
        st.error(undivided, icon=":material/error:")
        st.stop()
    split = drawn
    examples = len(balanced_positions(split.part(TRAIN)["label"], recipe.balance, recipe.seed))
    with how_long:
        say_how_long(recipe, examples, recipe.folds or 1)
    if may_launch:
        make_ready_for(recipe, len(spec.classes), examples)
    leakage = load_leakage(*divided)
    if recipe.folds:
        st.caption(f"Fold {recipe.fold} of {recipe.folds} as the test part:")
        own = recipe.split is SplitKind.OFFICIAL
        for said in fold_cautions(dataset.table, recipe.folds, spec.classes, spec.group, own=own):
            st.warning(said, icon=":material/warning:")
    parted = ", no ".join(dict.fromkeys((spec.group, "picture")))
    clean = f"No {parted} and no identical copy appears in more than one part."
    if leakage.leaking:
        leak_warning(leakage)
    elif spec.caution:
        unseen = f"{clean} But read the caution under “Data set”."
        st.info(unseen, title="No leak can be seen", icon=":material/visibility_off:")
    else:
        st.success(clean, title="Nothing leaks", icon=":material/verified:")
    split_notice(leakage, spec.caution)
    counts = split.counts()
    parts = st.container(horizontal=True)
    for part in counts.columns:
        groups = split.part(part)["group_id"].nunique()
        parts.metric(
            part,
            f"{counts[part].sum():,}",
            counted(groups, plural(spec.group)),
            delta_arrow="off",
            delta_color="off",
        )
    st.plotly_chart(
        split_chart(counts, spec.classes),
        key="split-chart",
        alt="Bar chart of pictures by class in training, validation and test",
    )
    st.caption(parts_reached(split, spec.class_names))
    with st.expander("The same as a table", icon=":material/table:"):
        table = counts.rename(index=spec.class_names)
        table.index.name = "class"
        st.dataframe(table, alt="Pictures by class and part")
    show_layers(recipe, len(spec.classes))
    show_code(lambda: package(recipe, dataset, split, leakage), "recipe")
    source_line(spec)
