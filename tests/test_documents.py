"""What documents for developers name is there."""

import re

import pytest

from core.base.settings import PROJECT_ROOT

DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md")
PLACES = ("core", "dashboard", "pages", "tests")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_files_that_a_document_names_are_there(name: str) -> None:
    text = (PROJECT_ROOT / name).read_text()
    new = set(re.findall(r"New file `([^`]+)`", text))
    named = set(re.findall(rf"`((?:{'|'.join(PLACES)})/[^`\s]*)`", text)) - new
    assert not [path for path in named if not (PROJECT_ROOT / path).exists()]
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert not [link for link in links if not (PROJECT_ROOT / link).exists()]


def test_the_table_of_rooms_has_every_room_of_core() -> None:
    rooms = (PROJECT_ROOT / "ARCHITECTURE.md").read_text().partition("## Rooms")[2].partition("##")[0]
    folders = [path.name for path in (PROJECT_ROOT / "core").iterdir() if (path / "__init__.py").is_file()]
    assert not [name for name in folders if f"{name}/`" not in rooms]
