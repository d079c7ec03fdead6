"""Why a file cannot be read as a picture, in a sentence that says what to do."""

import re
import unicodedata
from typing import Literal

from PIL import Image

NAME_LENGTH = 60
ADVICE = "Save the picture as JPEG or PNG and try again."

_ALLOWED_IN_NAMES = " .-,()=_"
_OTHER_FILES: tuple[tuple[int, tuple[bytes, ...], str, str], ...] = (
    (0, (b"%PDF",), "a PDF document", "Save the picture in it as JPEG or PNG and choose that."),
    (
        0,
        (b"PK\x03\x04", b"PK\x05\x06"),
        "a ZIP archive or an Office document",
        "Unpack it and choose one picture.",
    ),
    (
        0,
        (b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh"),
        "a packed archive",
        "Unpack it and choose one picture.",
    ),
    (
        128,
        (b"DICM",),
        "a DICOM file",
        "Export the picture from your DICOM viewer as PNG or JPEG, without the patient's data.",
    ),
    (4, (b"ftyp",), "a video", "Save one frame of it as JPEG or PNG and choose that."),
    (0, (b"8BPS",), "a Photoshop document", "Export it as JPEG or PNG and choose that."),
    (0, (b"%!PS",), "a PostScript document", "Save the picture in it as JPEG or PNG and choose that."),
    (0, (b"\x89HDF",), "an HDF5 file", ADVICE),
    (0, (b"\x93NUMPY",), "a NumPy array", ADVICE),
)
_PICTURE_KINDS = (
    (0, b"\xff\xd8", "JPEG"),
    (0, b"\x89PNG", "PNG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (0, b"II", "TIFF"),
    (0, b"MM", "TIFF"),
    (4, b"ftypavi", "AVIF"),
    (4, b"ftyp", "HEIC"),
    (0, b"\xff\x4f", "JPEG 2000"),
    (4, b"jP", "JPEG 2000"),
    (0, b"BM", "BMP"),
    (0, b"P", "PPM"),
)

_SIZE_FIELDS: dict[str, tuple[int, int, Literal["little", "big"]]] = {
    "PNG": (16, 4, "big"),
    "GIF": (6, 2, "little"),
    "BMP": (18, 4, "little"),
}
"""Where width and height stand: offset of the width, bytes of each, byte order."""


def clean_name(name: str) -> str:
    """Make a file's name safe to show in plain text, Markdown and HTML.

    Keeps letters, digits and a little punctuation of the last path component, puts "-" for everything else
    (control characters, Markdown and HTML specials, marks that change the writing direction, what would
    become a link), and keeps start and end of a name longer than 60 characters.

    Returns:
        At most 60 printable characters; empty if nothing printable is left but dots.
    """
    last = re.split(r"[/\\]", name[-10_000:].rstrip("/\\"))[-1]
    kept = "".join(c if _is_harmless(c) else "-" for c in unicodedata.normalize("NFC", last))
    kept = re.sub(r"(?<![^\W_])_+|_+(?![^\W_])", "-", kept)  # "_" inside a word is no emphasis in Markdown
    kept = re.sub(r"(?i)\bwww\.", "www-", kept)
    kept = re.sub(r"-{2,}", "-", re.sub(r" {2,}", " ", kept)).strip(" -")
    if len(kept) > NAME_LENGTH:
        kept = f"{kept[: NAME_LENGTH - 21]}…{kept[-20:]}"
    return kept if kept.strip(".") else ""  # a folder is called by dots


def _is_harmless(character: str) -> bool:
    return (
        character.isalnum()
        or character in _ALLOWED_IN_NAMES
        or unicodedata.category(character) in ("Mn", "Mc")  # accents and vowel signs
    )


def subject(name: str) -> str:
    """The file as the subject of a sentence: its cleaned name in quotes, or "The file"."""
    cleaned = clean_name(name)
    return f"“{cleaned}”" if cleaned else "The file"


def describe_other_file(data: bytes, name: str) -> str:
    """Say what a file is that is not a picture, as far as its content tells."""
    for offset, beginnings, kind, advice in _OTHER_FILES:
        if data[offset : offset + 16].startswith(beginnings):
            return f"{subject(name)} is not a picture but {kind}. {advice}"
    head = data[:1024].lower()
    if b"<svg" in head:
        return f"{subject(name)} is not a photo but an SVG drawing. Export it as PNG and choose that."
    if b"<!doctype html" in head or b"<html" in head:
        return (
            f"{subject(name)} is not a picture but a web page. Open the page, save the picture itself, and choose that."
        )
    if _is_text(data[:1024]):
        return f"{subject(name)} is not a picture but text. Choose a JPEG or PNG file."
    return (
        f"{subject(name)} is not an image we can read: its content is of no known kind, whatever its name "
        f"says, or it is damaged. {ADVICE}"
    )


def describe_failure(error: Exception, data: bytes, name: str) -> str:
    """Say why a file that begins like a picture could not be read."""
    if isinstance(error, MemoryError):
        return f"{subject(name)} needs more memory than there is. Save it with fewer pixels and try again."
    if isinstance(error, Image.DecompressionBombError):
        return (
            f"{subject(name)} has too many pixels to be read. Cut out the part that matters or save it with "
            "fewer pixels."
        )
    kind = next((k for offset, magic, k in _PICTURE_KINDS if data[offset:].startswith(magic)), "image")
    if _states_no_pixels(data, kind):
        return f"{subject(name)} has no pixels: its width or height is 0. Choose another file."
    if _is_cut_off(error, data, kind):
        return cut_off(name, kind)
    return (
        f"{subject(name)} begins like a {kind} file but is damaged or of a rare kind, and cannot be read. "
        f"Open it in a picture program, and if it shows there, save it anew as JPEG or PNG."
    )


def cut_off(name: str, kind: str) -> str:
    """Say that the end of a file is missing."""
    return f"{subject(name)} is cut off: the end of this {kind} file is missing. Copy or download it again."


def _states_no_pixels(data: bytes, kind: str) -> bool:
    if kind not in _SIZE_FIELDS:
        return False
    offset, length, order = _SIZE_FIELDS[kind]
    width, height = data[offset : offset + length], data[offset + length : offset + 2 * length]
    return len(height) == length and 0 in (int.from_bytes(width, order), int.from_bytes(height, order))


def _is_cut_off(error: Exception, data: bytes, kind: str) -> bool:
    """Whether the file's end is missing, by the format's own end mark or stated length, or by the error."""
    if kind in ("JPEG", "JPEG 2000"):
        return b"\xff\xd9" not in data[-1024:]
    if kind == "PNG":
        return b"IEND" not in data[-1024:]
    if kind == "GIF":
        return not data.rstrip(b"\0").endswith(b";")
    if kind == "WebP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind == "BMP":
        return int.from_bytes(data[2:6], "little") > len(data)
    if kind == "TIFF" and len(data) >= 8:
        order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"
        if data[2:4] in (b"*\0", b"\0*") and int.from_bytes(data[4:8], order) >= len(data):
            return True
    return len(data) < 16 or "truncated" in str(error).lower()


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in head):
        return False
    for end in range(len(head), max(0, len(head) - 4), -1):  # the cut may fall inside a character
        try:
            head[:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False
