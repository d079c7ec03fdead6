"""What is wrong with a table: said with the name of the file, never with where it lies on this machine."""

from pathlib import Path

from core.base.errors import DataError
from core.base.printable import printable


class TableError(DataError):
    """A file cannot be read as a table.

    Pages that others see show it, so its text begins with the name of the file alone. `why` is what follows the name.
    """

    def __init__(self, path: Path | str, why: str) -> None:
        super().__init__(path, why)
        self.path, self.why = Path(path), why

    def __str__(self) -> str:
        return self.of(self.path.name)

    def of(self, called: str) -> str:
        """The same of a file that is called otherwise, such as by its path within a data set."""
        return f"{printable(called)} {self.why}"


class EmptyTableError(TableError):
    """A file is called like a table, and no row stands in it."""
