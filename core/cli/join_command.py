"""What the command `join` does."""

import argparse
from collections.abc import Iterable

from core.base.errors import ConfigurationError
from core.cli.commands import Answer
from core.data.catalog import look
from core.data.joined_sets import Member, join_sets, propose_mapping, remove_joined


def join(options: argparse.Namespace) -> Answer:
    """`join NAME DATASET… [--map DATASET:CLASS=CLASS] [--leave-out DATASET:CLASS] [--test DATASET] [--remove]`."""
    if options.remove:
        if not remove_joined(options.name):
            raise ConfigurationError(f"No joined data set is called “{options.name}”.")
        return {"removed": options.name}, [f"{options.name} is removed; the data sets that it was joined from stay."]
    specs = {entry.spec.name: entry.spec for entry in look().entries if entry.present}
    mapping = propose_mapping(specs[name] for name in dict.fromkeys(options.datasets) if name in specs)
    for setting in options.map:
        dataset, key, meant = _parted(setting, specs)
        if not meant:
            raise ConfigurationError(f"“{setting}” maps nothing. Write DATASET:CLASS=CLASS.")
        mapping.setdefault(dataset, {})[key] = meant
    for setting in options.leave_out:
        dataset, key, _ = _parted(setting, specs)
        mapping.setdefault(dataset, {}).pop(key, None)
    members = [Member(name, mapping.get(name, {}), name in options.test) for name in dict.fromkeys(options.datasets)]
    if unknown := set(options.test) - set(options.datasets):
        raise ConfigurationError(f"{', '.join(sorted(unknown))} cannot be the test part: it is not joined.")
    joined = join_sets(options.name, members, specs)
    value = {
        "name": joined.name,
        "classes": [each.key for each in joined.classes],
        "members": [{"dataset": m.dataset, "classes": dict(m.classes), "test": m.test} for m in joined.members],
    }
    lines = [f"{m.dataset}{' (test part)' if m.test else ''}: {key} → {meant}"
             for m in joined.members for key, meant in m.classes.items()]  # fmt: skip
    return value, [f"{joined.name} has {len(joined.classes)} classes:", *lines]


def _parted(setting: str, datasets: Iterable[str]) -> tuple[str, str, str]:
    """Data set, class and what the class becomes of a setting "DATASET:CLASS=CLASS"."""
    dataset = next((name for name in datasets if setting.startswith(f"{name}:")), None)
    if dataset is None:
        raise ConfigurationError(f"“{setting}” begins with no data set that is here. Write DATASET:CLASS=CLASS.")
    key, _, meant = setting.removeprefix(f"{dataset}:").partition("=")
    return dataset, key.strip(), meant.strip()
