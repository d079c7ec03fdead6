"""What people write on the model card of a run: notes with who and when, kept in its folder."""

import time
from dataclasses import asdict, dataclass

from core.base.errors import RunError
from core.base.files import read_json, write_json
from core.base.ids import new_id
from core.base.schema import CARD_NOTES
from core.base.signature import when, who
from core.base.typed_json import Time, read_as
from core.runs.run_folder import RunFolder

LONGEST_NOTE, MOST_NOTES = 4000, 200
"""Characters of a note, notes of a run."""
_FILE = "card_notes.json"


@dataclass(frozen=True)
class CardNote:
    """One note: `by` is an e-mail address, empty for a person at the machine, `at` in seconds since the epoch."""

    note_id: str
    text: str
    by: str
    at: Time

    @property
    def heading(self) -> str:
        """Who wrote it, and when."""
        return f"{who(self.by)}, {when(self.at)}"


@dataclass(frozen=True)
class _Kept:
    notes: tuple[CardNote, ...] = ()


def load_notes(run: RunFolder) -> tuple[CardNote, ...]:
    """The notes of a run, the oldest first.

    Raises:
        RunError: their file is damaged.
    """
    if not (run.path / _FILE).is_file():
        return ()
    with run.unreadable_named(_FILE):
        return read_as(_Kept, CARD_NOTES.current(read_json(run.path / _FILE))).notes


def add_note(run: RunFolder, text: str, by: str = "") -> CardNote:
    """Write a note on the card of a run.

    Args:
        run: whose card it is.
        text: what is to stand there.
        by: e-mail address of whoever writes, empty for a person at the machine.

    Raises:
        RunError: the note is empty or too long, there are too many, the file is damaged, or the run is gone.
        DiskFullError: the old notes are then still whole.
    """
    text = text.strip()
    if not text:
        raise RunError("A note needs some text.")
    if len(text) > LONGEST_NOTE:
        raise RunError(f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(text):,}.")
    note = CardNote(new_id("note"), text, by, time.time())
    _change(run, lambda notes: (*notes, note))
    return note


def remove_note(run: RunFolder, note_id: str) -> None:
    """Take a note away; nothing happens where it is gone already.

    Raises:
        RunError: the file is damaged, or the run is gone.
    """
    _change(run, lambda notes: tuple(each for each in notes if each.note_id != note_id))


def _change(run: RunFolder, change) -> None:
    try:
        with run.lock_named("card_notes.lock", 10):
            notes = change(load_notes(run))
            if len(notes) > MOST_NOTES:
                raise RunError(f"A card has at most {MOST_NOTES} notes. Take some away first.")
            value = {"notes": [asdict(each) for each in notes]}
            write_json(run.path / _FILE, CARD_NOTES.stamped(value), new_folders=False)
    except FileNotFoundError as error:
        raise RunError(f"The run {run.run_id} is gone.") from error
