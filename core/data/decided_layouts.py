"""What was decided about a folder in the layout of a public data set: it counts there as it does in any other folder.

Pictures that are files are read as those of any folder then, and the data set keeps its name. Of pictures in arrays
nothing is left to decide but which classes are one, and which are malignant.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from core.base.errors import DataError
from core.base.printable import printable
from core.base.progress import Progress
from core.data.adapters.adapter import Adapter
from core.data.reading.any_folder import ANY_FOLDER
from core.data.reading.choices import Choices, choices_of
from core.data.reading.understood import Understood, read_dataset, unlabelled_pictures
from core.data.spec import ClassSpec, Dataset, DatasetSpec

Layouts = tuple[tuple[DatasetSpec, Adapter], ...]


def in_arrays(layouts: Sequence[tuple[DatasetSpec, Adapter]]) -> bool:
    """Whether a folder holds data sets whose pictures lie in arrays, and no other."""
    return bool(layouts) and all(adapter.arrays for _, adapter in layouts)


def is_decided(adapter: Adapter | None) -> bool:
    """Whether a known layout is read as any other folder, because something was decided about it."""
    return adapter is not None and adapter.read is _read_as_any_folder


def refuse_of_arrays(layouts: Layouts, decided: Choices) -> None:
    """Raise DataError where somebody wants to decide what cannot be of pictures in arrays."""
    if in_arrays(layouts) and replace(decided, merged={}, malignant={}).decides:
        titles = " and ".join(spec.title for spec, _ in layouts)
        raise DataError(
            f"{printable(titles)} keeps its pictures in arrays, beside which no column and no folder says anything. "
            "There you can set: merge:CLASS=CLASS and malignant:CLASS=yes|no|unknown."
        )


def decided_arrays(layouts: Layouts, choices: Choices) -> tuple[Layouts, Layouts]:
    """Data sets in arrays with the classes that were decided, and those of which too few are left, each with why."""
    usable, refused = [], []
    for spec, adapter in layouts:
        decided = replace(spec, classes=_classes(spec.classes, choices))
        if spec.classes and len(decided.classes) < 2:
            refused.append((replace(decided, problem=f"{spec.title} has one class alone, as it was decided."), adapter))
        else:
            here = _classes_here(adapter, spec, choices) if adapter.classes_here is not None else None
            usable.append((decided, replace(adapter, read=_reader(adapter, spec), classes_here=here)))
    return tuple(usable), tuple(refused)


def decided_files(folder: Path, layouts: Layouts, found: Understood) -> tuple[Layouts, Layouts, Layouts]:
    """Data sets of picture files, read as any other folder as `found` says: known ones, the folder's own, refused ones.

    One data set keeps its name; several become one, under the name of the folder.
    """
    if len(layouts) > 1:
        if found.problem:
            raise DataError(found.problem)
        return (), ((found.spec, ANY_FOLDER),), ()
    spec, adapter = layouts[0]
    decided = _as_published(found.spec, spec)
    read = replace(
        adapter, read=_read_as_any_folder, unlabelled=unlabelled_pictures, note=ANY_FOLDER.note, classes_here=None
    )
    if found.problem or found.kind == "nothing":
        problem = found.problem or f"Nothing in {printable(folder.name)} is a picture or describes any."
        return (), (), ((replace(decided, problem=problem), read),)
    return ((decided, read),), (), ()


def with_decided_classes(dataset: Dataset, choices: Choices) -> Dataset:
    """A data set with its classes merged and called malignant as it was decided."""
    if not (choices.merged or choices.malignant):
        return dataset
    merged = {old: new for old, new in choices.merged.items() if old != new}
    table = dataset.table.assign(label=dataset.table["label"].replace(merged))
    described = table
    if dataset.described is not dataset.table:
        described = dataset.described.assign(label=dataset.described["label"].replace(merged))
    spec = replace(dataset.spec, classes=_classes(dataset.spec.classes, choices))
    return replace(dataset, spec=spec, table=table, described=described)


def _classes(classes: Sequence[ClassSpec], choices: Choices) -> tuple[ClassSpec, ...]:
    by_key = {each.key: each for each in classes}
    keys = dict.fromkeys(choices.merged.get(each.key, each.key) for each in classes)
    named = [by_key.get(key, ClassSpec(key, key.replace("_", " "), None)) for key in keys]
    return tuple(replace(each, malignant=choices.malignant.get(each.key, each.malignant)) for each in named)


def _reader(adapter: Adapter, published: DatasetSpec) -> Callable[[Path, DatasetSpec, Progress], Dataset]:
    def read(folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
        as_published = replace(published, name=spec.name, title=spec.title)
        return with_decided_classes(adapter.read(folder, as_published, progress), choices_of(folder))

    return read


def _classes_here(
    adapter: Adapter, published: DatasetSpec, choices: Choices
) -> Callable[[Path, DatasetSpec], Iterable[str]]:
    def classes_here(folder: Path, _: DatasetSpec) -> Iterable[str]:
        assert adapter.classes_here is not None
        return (choices.merged.get(each, each) for each in adapter.classes_here(folder, published))

    return classes_here


def _read_as_any_folder(folder: Path, spec: DatasetSpec, progress: Progress) -> Dataset:
    dataset = read_dataset(folder, spec, progress)
    return replace(dataset, spec=_as_published(dataset.spec, spec))


def _as_published(read: DatasetSpec, published: DatasetSpec) -> DatasetSpec:
    """What was read, under the name, licence and source of what was published; classes of its keys have its names."""
    names = {each.key: each.name for each in published.classes}
    return replace(
        read,
        classes=tuple(replace(each, name=names.get(each.key, each.name)) for each in read.classes),
        name=published.name,
        title=published.title,
        licence=published.licence,
        citation=published.citation,
        homepage=published.homepage,
    )
