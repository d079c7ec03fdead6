"""What is deleted for good is asked about first, on every page and in the same way."""

import ast

from streamlit.testing.v1 import AppTest

from core.base.settings import PROJECT_ROOT

DELETING = ("Delete", "Remove", "Forget", "Discard", "Take away", "Take it away", "Take the tag away")
BINS = ("delete", "delete_forever", "folder_delete", "label_off", "bookmark_remove")
CAN_BE_UNDONE = {
    "dashboard/filters/view_picker.py": "the view can be brought back in its place",
    "dashboard/widgets/pictures/several.py": "pictures that were brought are kept nowhere",
    "dashboard/widgets/pictures/picture_source.py": "a picture that was brought is kept nowhere",
}


def buttons_that_delete_at_once(source: str) -> list[str]:
    """Labels of the buttons in a source that look as if they deleted something, and are not those of `asks_first`."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "button"):
            continue
        shown = [*call.args[:1], *(pair.value for pair in call.keywords if pair.arg == "icon")]
        texts = [each.value for each in shown if is_text(each)]
        if any(text.startswith(DELETING) or text in [f":material/{bin}:" for bin in BINS] for text in texts):
            found.append(texts[0])
    return found


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_button_that_deletes_asks_first_or_can_be_undone_at_its_place() -> None:
    files = [*(PROJECT_ROOT / "pages").glob("*.py"), *(PROJECT_ROOT / "dashboard").rglob("*.py")]
    found = {
        name: labels
        for file in files
        if (labels := buttons_that_delete_at_once(file.read_text(encoding="utf-8")))
        and (name := file.relative_to(PROJECT_ROOT).as_posix()) not in CAN_BE_UNDONE
    }
    assert found == {}
    assert all((PROJECT_ROOT / name).is_file() for name in CAN_BE_UNDONE)


def deletes() -> None:
    import streamlit as st

    from dashboard.widgets.asks_first import asks_first

    if asks_first("Delete", "All of it is gone.", "Delete it", key="all"):
        st.session_state["gone"] = True


def test_the_first_press_opens_what_is_lost_and_the_second_deletes() -> None:
    test = AppTest.from_function(deletes, default_timeout=120).run()
    [asked] = test.get("popover")
    assert asked.proto.popover.label == "Delete"
    [confirm] = test.button
    assert confirm.label == "Delete it"
    assert confirm in list(asked.button), "it is reached through what opens alone"
    assert "All of it is gone." in [each.value for each in asked.markdown]
    assert "gone" not in test.session_state
    confirm.click().run()
    assert test.session_state["gone"]
