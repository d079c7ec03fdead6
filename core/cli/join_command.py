"""What the command `join` does."""

import argparse
from collections.abc import Collection, Mapping

from core.base.errors import ConfigurationError
from core.base.printable import one_line
from core.cli.commands import Answer
from core.data.catalog import look
from core.data.joined_sets import Member, join_sets, propose_mapping, remove_joined
from core.data.spec import DatasetSpec


def join(options: argparse.Namespace) -> Answer:
    """`join NAME DATASET… [--map DATASET:CLASS=CLASS] [--leave-out DATASET:CLASS] [--test DATASET] [--remove]`."""
    if options.remove:
        if not remove_joined(options.name):
            raise ConfigurationError(f"No joined data set is called “{one_line(options.name)}”.")
        return {"removed": options.name}, [f"{options.name} is removed; the data sets that it was joined from stay."]
    catalog = look()
    specs = {entry.spec.name: entry.spec for entry in catalog.entries if entry.present}
    names = dict.fromkeys(options.datasets)
    chosen = {name: specs[name] for name in names if name in specs}
    mapping = propose_mapping(chosen.values())
    for setting in options.map:
        dataset, key, meant = _parted(setting, chosen)
        if not meant:
            raise ConfigurationError(f"“{one_line(setting)}” is not a pair of classes. Write DATASET:CLASS=CLASS.")
        mapping[dataset][key] = meant
    for setting in options.leave_out:
        dataset, key, meant = _parted(setting, chosen)
        if meant:
            raise ConfigurationError(f"“{one_line(setting)}” names no class to leave out. Write DATASET:CLASS.")
        mapping[dataset].pop(key, None)
    if unknown := set(options.test) - set(names):
        shown = ", ".join(sorted(map(one_line, unknown)))
        raise ConfigurationError(f"{shown} cannot be the test part: it is not joined.")
    members = [Member(name, mapping.get(name, {}), name in options.test) for name in names]
    joined = join_sets(options.name, members, specs, catalog.names)
    value = {
        "name": joined.name,
        "classes": [each.key for each in joined.classes],
        "members": [{"dataset": m.dataset, "classes": dict(m.classes), "test": m.test} for m in joined.members],
    }
    lines = [f"{m.dataset}{' (test part)' if m.test else ''}: {key} → {meant}"
             for m in joined.members for key, meant in m.classes.items()]  # fmt: skip
    return value, [f"{joined.name} has {len(joined.classes)} classes:", *lines]


def _parted(setting: str, specs: Mapping[str, DatasetSpec]) -> tuple[str, str, str]:
    """Data set, class and what the class becomes of a setting "DATASET:CLASS=CLASS".

    Names may hold colons and equals signs themselves: the longest that are known here are meant.
    """
    known = [(f"{spec.name}:{key}", spec.name, key) for spec in specs.values() for key in spec.class_keys]
    for begin, name, key in sorted(known, reverse=True, key=lambda each: len(each[0])):
        rest = setting.removeprefix(begin).strip()
        if setting.startswith(begin) and rest[:1] in ("", "="):
            return name, key, rest[1:].strip()
    raise ConfigurationError(f"“{one_line(setting)}” {_what_is_wrong(setting, specs)} Write DATASET:CLASS=CLASS.")


def _what_is_wrong(setting: str, names: Collection[str]) -> str:
    if any(setting.startswith(f"{name}:") for name in names):
        return "names no class of that data set."
    return "begins with none of the data sets that are joined."
