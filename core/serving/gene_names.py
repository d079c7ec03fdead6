"""The genes that a run's model takes: names in their order, kept beside it as JSON."""

from dataclasses import asdict, dataclass
from pathlib import Path

from core.base.errors import RunError
from core.base.files import read_json, unreadable_named, write_json
from core.base.typed_json import read_as


@dataclass(frozen=True)
class _Names:
    genes: tuple[str, ...]


def save_genes(file: Path, genes: tuple[str, ...]) -> None:
    """Write the names, so that a table with the genes in another order can be understood."""
    write_json(file, asdict(_Names(genes)))


def load_genes(file: Path) -> tuple[str, ...]:
    """What `save_genes` wrote; nothing where there is no such file.

    Raises:
        RunError: it cannot be read.
    """
    if not file.is_file():
        return ()
    with unreadable_named(RunError(f"The run {file.parent.name} cannot be used: its {file.name} is damaged.")):
        return read_as(_Names, read_json(file)).genes
