"""What a row of the table has to train with the data that are here: recipes, and what must be said about them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from core.base.counting import counted as so_many
from core.base.counting import plural
from core.base.errors import LesionLabError
from core.data.catalog import Catalog, open_dataset
from core.data.catalog_entries import CatalogEntry
from core.data.reading.choices import choices_of
from core.data.splits.balance import Balance
from core.data.splits.splits import SplitKind, default_fractions
from core.data.trainable import why_not_trained
from core.models.registry import model_spec
from core.models.weights import NONE, find_published
from core.reproduction.systems import QUICK_SEEDS, SEEDS, Protocol, System
from core.training.recipe import Recipe, make_recipe

QUICK_EPOCHS = 3
QUICK_PICTURES = 2000
QUICK_BATCH = 16
"""Small batches, so that batch normalization has seen enough of them when it is judged."""
QUICK_SIZE = 96
"""Of networks on a trunk, in pixels."""
THEIRS, HONEST = PROTOCOLS = ("theirs", "honest")
"""As the report did it, and on whole groups that training has not seen."""


@dataclass(frozen=True)
class Planned:
    """The trainings of a row under one protocol.

    `recipes` has for each seed one recipe a network. `problem` says why there are none, `notes` what must stand beside
    the figures, and `otherwise` in a few words each what keeps them from repeating theirs. `pictures` is how many the
    data set has, 0 where that is not known before it is unpacked.
    """

    said: str
    dataset: str = ""
    title: str = ""
    group: str = ""
    pictures: int = 0
    recipes: tuple[tuple[Recipe, ...], ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counted:
    """Pictures of each class, groups, pictures that the tables describe, fractions; nothing before it is unpacked."""

    labels: pd.Series
    groups: int
    described: int
    fractions: tuple[float, float, float]


def plan(system: System, protocol: str, catalog: Catalog, quick: bool = False) -> Planned:
    """What is trained for a row under "theirs" or "honest" with the data sets of a catalog.

    Args:
        system: the row.
        protocol: one of `PROTOCOLS`.
        catalog: what is here.
        quick: with fewer epochs and pictures, and for a claim fewer seeds, which `notes` tells.
    """
    asked: Protocol = getattr(system, protocol)
    entry = next(filter(None, (_usable(catalog, name) for name in asked.datasets)), None)
    if entry is None:
        return Planned(asked.said, problem=_nothing_here(asked, catalog))
    name, spec = entry.spec.name, entry.spec
    try:
        has = counted(name, catalog)
    except LesionLabError as error:
        return Planned(asked.said, name, spec.title, spec.group, problem=str(error))
    pictures, groups = int(has.labels.sum()), has.groups
    parts = zip(("train_fraction", "validation_fraction", "test_fraction"), has.fractions, strict=True)
    fields = {**dict(parts), **asked.recipe, **asked.of_dataset.get(name, {}), "dataset": name}
    if fields["split"] == SplitKind.GROUPED and groups == 1:
        why = f"All pictures of {spec.title} are of one {spec.group}, so no other can be held out."
        return Planned(asked.said, name, spec.title, spec.group, pictures, problem=why)
    notes, decided = _about_the_data(asked, entry, catalog, has, fields["split"]), choices_of(entry.folder).decides
    if decided:
        notes.append(f"Its classes, groups or parts are not those of {spec.title} alone: something was decided here.")
    models, changes, trunk_note = _networks(system)
    fields |= changes
    notes += trunk_note
    shortened: dict[str, Any] = {}
    if quick:
        shortened, left_out = _shortened(system, fields, pictures)
        fields |= shortened
        notes.append(left_out)
    seeds = (QUICK_SEEDS if quick else SEEDS) if system.against else SEEDS[:1]
    try:
        recipes = tuple(tuple(make_recipe(**fields, model=model, seed=seed) for model in models) for seed in seeds)
    except LesionLabError as error:  # such as a network that is not in the registry
        return Planned(asked.said, name, spec.title, spec.group, pictures, problem=str(error))
    otherwise = {
        "cut short": bool(shortened),
        "on other data than theirs": name != asked.datasets[0],
        "on a part of their data": pictures < has.described,
        "with what was decided here": decided,
        "with another network": models != system.models,
        "without published weights": "weights" in changes,
    }
    said = tuple(what for what, holds in otherwise.items() if holds)
    return Planned(asked.said, name, spec.title, spec.group, pictures, recipes, tuple(notes), otherwise=said)


def examples_of(recipe: Recipe, has: Counted) -> float:
    """About how many pictures an epoch of a recipe goes through."""
    pictures = has.labels.sum()
    used = min(recipe.most_pictures or pictures, pictures) * recipe.train_fraction
    shares = has.labels / max(pictures, 1)
    if recipe.split is SplitKind.OVERSAMPLE_FIRST or recipe.balance is Balance.OVERSAMPLE:
        return float(used * shares.max() * len(shares))
    if recipe.balance is Balance.UNDERSAMPLE:
        return float(used * shares.min() * len(shares))
    return float(used)


def _usable(catalog: Catalog, name: str) -> CatalogEntry | None:
    entry = catalog.entry(name)
    usable = entry is not None and entry.present and entry.adapter is not None and not why_not_trained(entry.spec)
    return entry if usable else None


def _nothing_here(asked: Protocol, catalog: Catalog) -> str:
    titles = [entry.spec.title if (entry := catalog.entry(name)) else name for name in asked.datasets]
    said = f"{titles[0]} is not here." if len(titles) == 1 else f"None of {', '.join(titles)} is here."
    return f"{said} The page Data says how to get it."


def _about_the_data(
    asked: Protocol, entry: CatalogEntry, catalog: Catalog, has: Counted, split: SplitKind
) -> list[str]:
    spec, notes = entry.spec, []
    pictures, groups = int(has.labels.sum()), has.groups
    if pictures < has.described:
        notes.append(f"{pictures:,} of its {has.described:,} pictures are here and can be learnt from.")
    if spec.name != asked.datasets[0]:
        wanted = catalog.entry(asked.datasets[0])
        counted = f" ({pictures:,} pictures of {so_many(groups, plural(spec.group))})" if pictures else ""
        title = wanted.spec.title if wanted else asked.datasets[0]
        notes.append(f"{title} is not here; {spec.title}{counted} stands in for it.")
    if split == SplitKind.GROUPED and groups == 2:
        notes.append(
            f"Of two {plural(spec.group)} one is learnt from and the other judged on: there is no interval over "
            f"{plural(spec.group)}."
        )
    return notes


def _networks(system: System) -> tuple[tuple[str, ...], dict[str, Any], list[str]]:
    """The networks that are trained, what else is otherwise for them, and what must be said of it.

    One that rests on published weights which are not here gives way to the first stand-in whose weights are.
    """
    trunk = model_spec(system.model).trunk
    if not system.stand_ins or (trunk is not None and find_published(trunk)):
        return system.models, {}, []
    lacking = f"The ImageNet weights of {system.model} are not here"
    for name, fields in system.stand_ins.items():
        own = model_spec(name).trunk
        if own is not None and find_published(own):
            return (name,), dict(fields), [f"{lacking}; {name} with those of its own and one dense layer stands in."]
    return system.models, {"weights": NONE}, [f"{lacking}: it begins with random ones, and what is frozen stays so."]


def _shortened(system: System, fields: dict[str, Any], pictures: int) -> tuple[dict[str, Any], str]:
    """Fields of a quick training, and what is left out, in a sentence."""
    most = min(QUICK_PICTURES, pictures or QUICK_PICTURES, fields.get("most_pictures", QUICK_PICTURES))
    limited = most if most < pictures or not pictures else 0
    short: dict[str, Any] = {"most_pictures": limited, "batch_size": QUICK_BATCH}
    if not model_spec(system.model).gradient_trained:
        short, said = {"most_pictures": limited} if limited else {}, []
    elif stages := fields.get("stages"):
        short["stages"] = tuple({**stage, "epochs": min(QUICK_EPOCHS, stage["epochs"])} for stage in stages)
        short["image_size"] = QUICK_SIZE
        said = [f"{QUICK_EPOCHS} epochs a stage at {QUICK_SIZE}×{QUICK_SIZE}"]
    else:
        short["epochs"] = min(QUICK_EPOCHS, fields["epochs"])
        said = [f"{short['epochs']} of {fields['epochs']} epochs"]
    if limited:
        said.append(f"{limited:,}{f' of {pictures:,}' if pictures else ''} pictures")
    if "batch_size" in short:
        said.append(f"batches of {QUICK_BATCH}")
    if system.against:
        said.append(f"{len(QUICK_SEEDS)} of {len(SEEDS)} seeds")
    return short, f"Quick: {', '.join(said)}." if said else "Quick: nothing is left out, for it is quick as it is."


def counted(name: str, catalog: Catalog) -> Counted:
    """What a data set has, read once for as long as its files stay as they are.

    Raises:
        LesionLabError: it cannot be read.
    """
    if catalog.needs_preparing(name):
        return Counted(pd.Series(dtype=int), 0, 0, (0.70, 0.15, 0.15))
    return _counted(name, catalog.version_of(name))


@lru_cache(maxsize=16)
def _counted(name: str, version: str) -> Counted:  # noqa: ARG001 - part of the key
    dataset = open_dataset(name)
    table = dataset.table
    train, validation = default_fractions(table)
    fractions = (train, validation, round(1 - train - validation, 6))
    groups = int(table["group_id"].nunique())
    return Counted(table["label"].value_counts(), groups, len(dataset.described), fractions)
