"""Engine: what the machine does, which runs are at work, which wait, and in what order."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from core.base.percents import percent
from core.engine.engine import engine_status, stop_engine
from core.engine.engine_settings import MOST_CPU_WORKERS, load_engine_settings, save_engine_settings
from core.engine.hardware import gpu_names
from core.engine.launch import cancel
from core.engine.machine import Gpu, Machine, Workload, read_machine, read_workloads
from core.engine.queue import HIGHEST_PRIORITY, move, set_priority, statuses
from core.engine.waiting import Queued, waiting
from core.searches.control import stop_all
from dashboard.addresses import page_address
from dashboard.markdown import Markdown
from dashboard.rest.engine_state import look_again
from dashboard.roles import Role, current_role, require_instructor
from dashboard.router import page_of
from dashboard.widgets.page_frame import say_what_it_shows
from dashboard.widgets.run_names import title_of_run
from dashboard.widgets.runs.engine_notice import show_trouble, start_button
from dashboard.wording import in_words

POLL_SECONDS = 2.0
OPEN = st.column_config.LinkColumn(display_text="open")
SHOWN = 15
"""Waiting runs that have buttons; those behind them stand in a table."""


def used_of(used: float, total: float) -> str:
    """Used of all, in GB."""
    return f"{used / 1e9:,.1f} of {total / 1e9:,.0f} GB"


def show_machine(machine: Machine) -> None:
    """CPU, memory and disk, and each GPU."""
    parts = [
        ("CPU", percent(machine.cpu / 100, 0), f"of {machine.cores} cores", machine.cpu / 100),
        ("Memory", used_of(machine.memory_used, machine.memory_total), "", machine.memory_used / machine.memory_total),
        ("Disk", used_of(machine.disk_used, machine.disk_total), "", machine.disk_used / machine.disk_total),
    ]
    row = st.grid(len(parts), min_column_width=220)
    for title, value, note, part in parts:
        with row.container(border=True):
            st.metric(title, value, note or f"{percent(part, 0)} in use", delta_color="off", delta_arrow="off")
            st.progress(min(part, 1.0))
    if not machine.gpus:
        st.caption("This machine has no GPU that NVIDIA's tools can see, so runs train on the CPU.")
    for gpu in machine.gpus:
        show_gpu(gpu)


def show_gpu(gpu: Gpu) -> None:
    """Use, memory and temperature of one GPU."""
    known = [
        None if gpu.use is None else f"{gpu.use:.0f} % in use",
        None if gpu.memory_used is None or gpu.memory_total is None else used_of(gpu.memory_used, gpu.memory_total),
        None if gpu.temperature is None else f"{gpu.temperature:.0f} °C",
    ]
    with st.container(border=True):
        st.markdown(Markdown("**GPU {}** {}").format(gpu.index, gpu.name))
        st.progress(min((gpu.use or 0) / 100, 1.0), text=" · ".join(each for each in known if each) or "no figures")


def show_workloads(loads: list[Workload], instructor: bool) -> None:
    """Who runs what."""
    st.subheader(f"Training now: {len(loads)}")
    if not loads:
        st.caption("No run is being trained.")
        return
    rows = [
        {
            "run": title_of_run(load.run.run_id),
            "page": page_address("runs", run=load.run.run_id),
            "state": str(load.run.status().state),
            **({"who": load.status.owner or "this machine"} if instructor else {}),
            "device": load.status.device or "–",
            "machine": load.status.host,
            "CPU (% of a core)": load.cpu,
            "memory (GB)": None if load.memory is None else load.memory / 1e9,
            "left": None if load.status.eta_seconds is None else in_words(load.status.eta_seconds),
        }
        for load in loads
    ]
    st.dataframe(
        pd.DataFrame(rows),
        column_config={
            "page": OPEN,
            "CPU (% of a core)": st.column_config.NumberColumn(format="%.0f"),
            "memory (GB)": st.column_config.NumberColumn(format="%.2f"),
        },
        hide_index=True,
        placeholder="–",
        alt="Runs being trained with who launched them, device, CPU and memory",
    )


def show_queue(queue: list[Queued], instructor: bool) -> None:
    """The runs that wait, each with buttons for those who may move it."""
    st.subheader(f"Waiting: {len(queue)}")
    if not queue:
        st.caption("No run is waiting.")
        return
    for queued in queue[:SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"queued-{queued.run.run_id}"):
            st.markdown(Markdown("**{}.**").format(queued.position), width="content")
            name, asked = title_of_run(queued.run.run_id), {"run": queued.run.run_id}
            st.page_link(page_of("runs"), label=name, query_params=asked, width="content")
            st.markdown(said_of(queued, instructor), width="stretch")
            if instructor:
                buttons(queued, len(queue))
    if behind := queue[SHOWN:]:
        rows = [
            {
                "position": each.position,
                "run": title_of_run(each.run.run_id),
                "page": page_address("runs", run=each.run.run_id),
                "starts": starts(each),
            }
            for each in behind
        ]
        behind_those = "Runs waiting behind those above"
        st.dataframe(pd.DataFrame(rows), column_config={"page": OPEN}, hide_index=True, alt=behind_those)


def said_of(queued: Queued, instructor: bool) -> str:
    """One line about a run that waits, behind its name; who launched it is for instructors."""
    owner = f"{queued.status.owner} · " if queued.status.owner and instructor else ""
    priority = f"priority {queued.status.priority} · " if queued.status.priority else ""
    return Markdown("{}{}{}").format(owner, priority, starts(queued))


def starts(queued: Queued) -> str:
    """When it is expected to start, and what keeps it from that."""
    seconds, reason = queued.expected_start, f" · {queued.reason}" if queued.reason else ""
    if seconds is None:
        return f"start not known yet{reason}"
    return f"starts next{reason}" if seconds == 0 else f"starts in about {in_words(seconds)}{reason}"


def buttons(queued: Queued, length: int) -> None:
    """Up, down, to the top, priority, cancel."""
    run, position = queued.run, queued.position

    def act(name: str, icon: str, action: Callable[[], object], disabled: bool = False) -> None:
        def checked() -> None:
            require_instructor()
            action()

        key = f"{name}-{run.run_id}"
        st.button(name, icon=icon, key=key, disabled=disabled, type="tertiary", on_click=checked)

    act("To the top", ":material/vertical_align_top:", lambda: move(run, 1), position == 1)
    act("Earlier", ":material/arrow_upward:", lambda: move(run, position - 1), position == 1)
    act("Later", ":material/arrow_downward:", lambda: move(run, position + 1), position == length)
    higher, lower = queued.status.priority + 1, queued.status.priority - 1
    act(
        "Raise its priority",
        ":material/keyboard_double_arrow_up:",
        lambda: set_priority(run, higher),
        higher > HIGHEST_PRIORITY,
    )
    act(
        "Lower its priority",
        ":material/keyboard_double_arrow_down:",
        lambda: set_priority(run, lower),
        lower < -HIGHEST_PRIORITY,
    )
    act("Cancel", ":material/cancel:", lambda: cancel(run))


instructor = current_role() is Role.INSTRUCTOR
st.title("Engine")
say_what_it_shows("engine")
status = engine_status()
head = st.container(horizontal=True, vertical_alignment="center")
with head:
    st.badge("running" if status.running else "not running", color="green" if status.running else "gray")
    if status.running and status.embedded:
        memory = f", {status.memory / 1e6:,.0f} MB" if status.memory else ""
        many = f"{status.workers} worker{'s' * (status.workers != 1)}"
        st.caption(f"{many} ({', '.join(status.devices)}){memory}", width="content")
    elif not status.embedded:
        st.caption(f"A Dask scheduler at {status.address} executes the runs.", width="content")
    if not status.running:
        start_button()
    if instructor and status.running and status.embedded:
        with st.popover("Stop the engine", icon=":material/power_settings_new:"):
            st.markdown(
                "Running searches and trainings are asked to stop; trainings keep their best epoch. Waiting runs stay "
                "in the queue. All of them can be resumed."
            )
            if st.button("Stop it now", type="primary"):
                require_instructor()
                with st.spinner("Waiting for the trainings to stop …"):
                    stop_all()
                    stop_engine()
                look_again()
                st.rerun()

busy = any(not status.state.over for _, status in statuses())


@st.fragment(run_every=POLL_SECONDS if busy else None)
def live() -> None:
    """What changes by itself."""
    loads, queue = read_workloads(), waiting()
    if bool(loads or queue) != busy:
        st.rerun()
    show_trouble()
    show_machine(read_machine())
    show_workloads(loads, instructor)
    show_queue(queue, instructor)
    if not busy:
        st.button("Refresh", icon=":material/refresh:")


live()

if instructor:
    with st.expander("Settings", icon=":material/settings:"), st.form("engine-settings", border=False):
        settings = load_engine_settings()
        first, second = st.columns(2)
        if gpu_names():
            values: dict[str, Any] = {
                "gpus_per_run": first.number_input(
                    "GPUs for each run", 1, len(gpu_names()), min(settings.gpus_per_run, len(gpu_names()))
                )
            }
        else:
            values = {
                "cpu_workers": first.number_input(
                    "CPU runs at the same time",
                    1,
                    MOST_CPU_WORKERS,
                    settings.cpu_workers,
                    help="They share the cores, so each is slower.",
                )
            }
        values["per_person"] = second.number_input(
            "Runs per person at the same time (0: no limit)",
            0,
            1000,
            settings.per_person,
            help="Applies to people who are logged in.",
        )
        values["standby_minutes"] = first.number_input(
            "Minutes to keep a process ready (0: none)",
            0,
            24 * 60,
            settings.standby_minutes,
            help="It has TensorFlow loaded, so that the next run starts at once, and takes about 0.7 GB of memory.",
        )
        values["resume_lost"] = second.toggle(
            "Resume runs whose process died",
            settings.resume_lost,
            help="They go on from their last whole epoch. Otherwise they wait for somebody to press Resume.",
        )
        if st.form_submit_button("Save", icon=":material/save:"):
            require_instructor()
            save_engine_settings(dataclasses.replace(settings, **values))
            st.toast("Saved. The engine uses it within seconds.", icon=":material/check:")
st.page_link(page_of("runs"), label="All runs", icon=":material/monitoring:")
