"""What a command gives back to who started it: lines, or with `--json` exactly one object, whatever happens."""

import contextlib
import errno
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.base.errors import DiskFullError, LesionLabError
from core.base.files import is_disk_full, private_folder
from core.base.printable import printable, shortened
from core.base.private_log import PrivateLog
from core.base.settings import artifacts_dir

INTERRUPTED = 130
PATHS = frozenset(
    getattr(errno, name)
    for name in "ENAMETOOLONG ENOENT ENOTDIR EISDIR ELOOP EEXIST ENOTEMPTY EACCES EPERM EROFS".split()
)
"""Errors of the system that are about a path, and that its sentence with the path explains."""
LOG_BYTES = 2_000_000
"""The log begins anew beyond; the one before is kept."""


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, even if it is wrong otherwise."""
    before_names = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in before_names


def answer(run: Callable[[], tuple[dict[str, Any], list[str]]], as_json: bool) -> int:
    """Run a command and print what it gives; returns 0, 1 for an error, 130 when interrupted.

    `run` gives a JSON-ready dictionary and lines for people. An error that nobody named is told by its kind, and
    its traceback goes to the log. Whatever a library prints meanwhile goes to stderr.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            value, lines = run()
            said = json.dumps(value, ensure_ascii=False, allow_nan=False) if as_json else "\n".join(lines)
        code = 1 if "error" in value else 0
    except KeyboardInterrupt:
        return refuse("Interrupted.", "KeyboardInterrupt", as_json, INTERRUPTED)
    except LesionLabError as error:
        return refuse(str(error), type(error).__name__, as_json)
    except OSError as error:
        if not is_disk_full(error):
            return _path_that_cannot_be(error, as_json) if error.errno in PATHS else _unexpected(error, as_json)
        place = f" that holds {error.filename}" if error.filename else ""
        return refuse(f"The disk{place} is full. Free some space and try again.", DiskFullError.__name__, as_json)
    except Exception as error:
        return _unexpected(error, as_json)
    return code if _printed(said) else 1


def refuse(message: str, kind: str, as_json: bool, code: int = 1) -> int:
    """Say what went wrong, on stderr for people and with JSON as the one object; returns the exit status."""
    if as_json:
        _printed(json.dumps({"error": printable(message), "kind": kind}, ensure_ascii=False))
    text = message if kind == "KeyboardInterrupt" else f"Error: {message}"
    with contextlib.suppress(OSError, AttributeError, ValueError):  # nobody listens any more
        sys.stderr.write(f"{printable(text)}\n")
    return code


def give(value: dict[str, Any], text: str, as_json: bool) -> int:
    """Print something that needs no command to run."""
    return 0 if _printed(json.dumps(value, ensure_ascii=False) if as_json else text) else 1


def log_file() -> Path:
    """Where commands write what is too long for a terminal: tracebacks, and each of many skipped pictures."""
    return artifacts_dir() / "logs" / "commands.log"


def log(text: str) -> Path | None:
    """Write to the log; returns the file, None if it cannot be written and stderr has the text instead."""
    record = logging.LogRecord("core.cli", logging.INFO, "", 0, "%s", (printable(text),), None)
    try:
        file = log_file()
        private_folder(file.parent)
        handler = PrivateLog(file, maxBytes=LOG_BYTES, backupCount=1)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        handler.handleError = _raise  # type: ignore[method-assign]  # else it prints and goes on
        with contextlib.closing(handler):
            handler.emit(record)
    except (OSError, LesionLabError):
        with contextlib.suppress(OSError, AttributeError, ValueError):
            sys.stderr.write(f"{printable(text)}\n")
        return None
    return file


def _unexpected(error: Exception, as_json: bool) -> int:
    written = log("".join(traceback.format_exception(error)))
    where = f"The log says where: {written}." if written else "What it was stands above."
    kind = type(error).__name__
    return refuse(f"Something unexpected went wrong: {str(error) or kind}. {where}", kind, as_json)


def _path_that_cannot_be(error: OSError, as_json: bool) -> int:
    log("".join(traceback.format_exception(error)))
    path = "" if error.filename is None else f"{shortened(printable(error.filename))}: "
    return refuse(f"{path}{error.strerror}.", type(error).__name__, as_json)


def _raise(record: logging.LogRecord) -> None:  # noqa: ARG001
    raise


def _printed(text: str) -> bool:
    """Print on stdout; False where nobody can read it, for it is closed or full."""
    # A file name may hold bytes that are no text; escaped this way they are also valid in JSON.
    try:
        sys.stdout.write(printable(text) + "\n")
        sys.stdout.flush()
    except (OSError, AttributeError, ValueError) as error:  # AttributeError: it was closed when Python began
        with contextlib.suppress(OSError, AttributeError, ValueError):
            sys.stderr.write(f"Error: The answer cannot be printed: {error}.\n")
        # What is left in the buffer would be tried again, and complained about, at the end.
        with contextlib.suppress(OSError, AttributeError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True
