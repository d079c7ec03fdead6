"""Files that nobody wants among their pictures: names that are no text, pipes, links in a circle, the longest names."""

import os
import socket
import stat
from pathlib import Path

from PIL import Image

READABLE = ("line\nbreak", "\x1b[31mred\x07", "x" * 251, "é" * 125, "=1+1|calc", "%s %n {0} \\u0000", "-rf", "a;b,c")
"""Names without ending of pictures that are read: odd, but text, and as long as a name can be."""
UNREADABLE = {
    os.fsdecode(b"caf\xe9"): "UTF-8",
    os.fsdecode(b"\xff\xfe\x80"): "UTF-8",
    "pipe": "a pipe",
    "to-pipe": "a pipe",
    "itself": "back to itself",
    "nowhere": "leads nowhere",
    "socket": "a socket",
}
"""Names of what is left out, and a word of the reason."""


def put_hostile_files(folder: Path) -> dict[str, str]:
    """Put all of them into a folder, and folders in a circle; returns what is left out, with a word of the reason."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(READABLE):
        Image.new("RGB", (9, 9), (200, 20 * number, 10)).save(folder / f"{name}.png")
    for number, (name, why) in enumerate(UNREADABLE.items()):
        if why == "UTF-8":
            Image.new("RGB", (9, 9), (10, 20 * number, 200)).save(folder / f"{name}.png")
    put_no_files(folder)
    (folder / "circle").symlink_to(".", target_is_directory=True)
    (folder / "circle-of-one").symlink_to("circle-of-one")
    said = dict(UNREADABLE)
    if os.geteuid() == 0:
        os.mknod(folder / "device.png", stat.S_IFCHR | 0o600, os.makedev(1, 5))  # as /dev/zero, which never ends
        said["device"] = "a device"
    return said


def put_no_files(folder: Path) -> None:
    """What is called like a picture and is no file; a pipe keeps whoever opens it waiting for ever."""
    os.mkfifo(folder / "pipe.jpg")
    (folder / "to-pipe.gif").symlink_to("pipe.jpg")
    (folder / "itself.jpg").symlink_to("itself.jpg")
    (folder / "nowhere.png").symlink_to("gone.png")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(folder)  # the path of a socket has 107 bytes
        try:
            listening.bind("socket.jpg")
        finally:
            os.chdir(here)
