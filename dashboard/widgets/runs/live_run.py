"""What is seen of one run while it learns: progress, best figures, curves, and the details of its last epoch.

The browser asks for what is new (`dashboard.rest.live`) and draws it, so that watching costs the server next to
nothing; the page itself is drawn anew only when a run begins or ends.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

import streamlit as st

from core.runs.index import Snapshot
from core.runs.judging.earlier_figures import earlier_figures
from core.runs.run_folder import RunFolder
from core.runs.run_states import State
from core.runs.run_status import Status
from dashboard.addresses import address, quoted
from dashboard.charts.curves import LEARNING_RATE, LEARNT, Look, Measure
from dashboard.charts.training import PART_COLOURS
from dashboard.rest.assets import ASSETS, FOLDER
from dashboard.rest.live import listed
from dashboard.roles import Role, current_role

LAST_LINES = 8
"""Lines of its log that stand beside the failure of a run."""
BY_CLASS = Measure("found", "Sensitivity by class", "sensitivity", fraction=True)
Part = Literal["run", "class", "matrix", "rate", "system"]
_MEASURES: dict[Part, Sequence[Measure]] = {
    "class": (BY_CLASS,), "matrix": (), "rate": (LEARNING_RATE,), "system": (),
}  # fmt: skip
_SCRIPT = """
const scripts = {};
export default function ({ parentElement, data, setTriggerValue }) {
  const changed = (listed) => setTriggerValue("listed", listed);
  scripts[data.script] ??= import(new URL(data.script, location.origin));
  const left = scripts[data.script].then(({ mount }) => mount(parentElement, data, changed));
  return () => left.then((leave) => leave());
}
"""
_STYLES = "\n".join((FOLDER / name).read_text() for name in ("uplot-1.6.32/uPlot.min.css", "live/live.css"))
_component = st.components.v2.component("lesion_lab_live_run", js=_SCRIPT, css=_STYLES)


def show_run(run: RunFolder, snapshot: Snapshot, look: Look, measures: Sequence[Measure] = LEARNT) -> None:
    """Progress, best figures, curves and watched pictures of a run; they go on by themselves.

    `snapshot` are the runs that the page knows: it is drawn anew when a list of them would look otherwise. `measures`
    have a chart each.
    """
    _show("run", run, look, measures, listed=listed(snapshot))


def show_detail(part: Part, run: RunFolder, look: Look, *, mode: str = "") -> None:
    """Sensitivity by class, the confusion matrix of the last epoch, the learning rate, or the use of the machine.

    They go on by themselves.

    `mode` of the matrix is "pictures" or "shares".
    """
    _show(part, run, look, _MEASURES[part], mode=mode)


def _show(part: Part, run: RunFolder, look: Look, measures: Sequence[Measure], **asked: str) -> None:
    colours = {"training": PART_COLOURS["train"], "validation": PART_COLOURS["validation"]}
    _component(
        key=f"live-{part}-{run.run_id}",
        data={
            "part": part,
            "run": run.run_id,
            "api": address(f"api/runs/{quoted(run.run_id)}"),
            "script": address(f"{ASSETS}/live/main.js"),
            "look": asdict(look) | {"colours": colours},
            "measures": [asdict(measure) for measure in measures],
            **asked,
        },
        on_listed_change=lambda: None,
    )


def show_outcome(run: RunFolder, status: Status) -> None:
    """Why a run ended, where that needs to be said, and that its figures are older than that, where they are.

    Instructors see the last lines of a failure's log, too.
    """
    earlier = earlier_figures(run, status)
    if status.state in (State.FAILED, State.LOST):
        hint = status.error_kind.hint if status.error_kind else ""
        st.error(f"{status.message} {hint}", title=status.failure, icon=":material/error:")
        if current_role() is Role.INSTRUCTOR and (last := run.log_tail().splitlines()[-LAST_LINES:]):
            st.caption("The last lines of its log:")
            st.code("\n".join(last), language=None, wrap_lines=True)
        message = ""
    else:
        message = status.message if status.state.over else ""
    if said := " ".join(filter(None, [message, earlier])):
        st.info(said, icon=":material/info:")
