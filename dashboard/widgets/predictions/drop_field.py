"""A field for many files or whole folders, which go to the disk of the server one by one."""

from typing import Any
from uuid import uuid4

import streamlit as st

from core.base.errors import DataError
from dashboard.addresses import address
from dashboard.rest.assets import ASSETS
from dashboard.rest.drops import drop_folder

_DROP, _FILES = "drop-id", "drop-files"
_SCRIPT = """
const scripts = {};
export default function ({ parentElement, data, setTriggerValue }) {
  const arrived = (told) => setTriggerValue("arrived", told);
  scripts[data.script] ??= import(new URL(data.script, location.origin));
  const left = scripts[data.script].then(({ mount }) => mount(parentElement, data, arrived));
  return () => left.then((leave) => leave());
}
"""
_HTML = """
<div class="drop">
  <p>Drop pictures, folders or a zip here</p>
  <label class="choose">Choose files<input type="file" multiple></label>
  <label class="choose">Choose a folder<input type="file" webkitdirectory></label>
  <output></output>
</div>
"""
_STYLE = """
.drop { border: 1px dashed var(--st-border-color); border-radius: var(--st-base-radius); padding: 1rem;
  text-align: center; font-family: var(--st-font); color: var(--st-text-color); }
.drop p { margin: 0 0 .75rem; }
.drop.busy .choose { opacity: .5; pointer-events: none; }
.choose { display: inline-block; margin: 0 .25rem .5rem; padding: .65rem .9rem; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); position: relative; }
.choose:focus-within { outline: 2px solid var(--st-primary-color); }
.choose input { position: absolute; inset: 0; opacity: 0; width: 100%; cursor: pointer; }
.drop output { display: block; min-height: 1.5em; overflow-wrap: anywhere; }
"""
_component = st.components.v2.component("lesion_lab_drop", html=_HTML, js=_SCRIPT, css=_STYLE)


def drop_field() -> str | None:
    """The drop, as `dashboard.rest.drops` knows it, once files of it have arrived; says which were refused."""
    kept = st.session_state
    drop = kept.setdefault(_DROP, uuid4().hex)
    data = {
        "api": address(f"api/drops/{drop}"),
        "script": address(f"{ASSETS}/drop/drop.js"),
        "first": kept.get(_FILES, 0),
    }
    result: Any = _component(key=f"drop-{drop}", data=data, on_arrived_change=lambda: None)
    if told := getattr(result, "arrived", None):
        kept[_FILES] = kept.get(_FILES, 0) + int(told["files"])
        if told["refused"]:
            st.warning(
                f"{told['refused']:,} of {told['files']:,} files were refused. The first: {told['reasons'][0]}",
                icon=":material/warning:",
            )
    folder = drop_folder(drop)
    count = sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
    if not count:
        return None
    st.caption(f"{count:,} file{'s' * (count != 1)} arrived. Drop more, or start.")
    return str(drop)


def forget_drop() -> None:
    """The next `drop_field` begins with none: the files of this one belong to a prediction now."""
    for name in (_DROP, _FILES):
        st.session_state.pop(name, None)


def wanted_drop(drop: str | None) -> str:
    """The drop.

    Raises:
        DataError: nothing has arrived yet.
    """
    if drop is None:
        raise DataError("Drop pictures first.")
    return drop
