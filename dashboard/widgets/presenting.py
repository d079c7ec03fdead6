"""What a projector needs: everything on one screen, keys for the next and the previous part, and the full screen."""

from collections.abc import Sequence

import streamlit as st

from dashboard.router import page_of

PART = "presented-"
"""Key of the container of a part, before its number; the browser shows one of them at a time."""

# A part is made smaller until it fits and, with room to spare, larger again; what is narrower stands in fewer rows.
_SCRIPT = """<script>
if (!window.presents) {
    window.presents = true;
    let shown = 0;
    const parts = () => [...document.querySelectorAll('[class*="st-key-presented-"]')];
    const phone = () => window.innerWidth < 768;  // a phone has no keys, and is scrolled
    const choose = () => parts().forEach((part, number, all) => {
        const chosen = phone() || number === ((shown % all.length) + all.length) % all.length;
        part.style.display = chosen ? "" : "none";
    });
    const fit = () => {
        choose();
        const box = document.querySelector('[data-testid="stMainBlockContainer"]');
        if (!box?.firstElementChild) return;
        if (!parts().length || phone()) {
            if (box.style.zoom) box.style.zoom = "";
            return;
        }
        const zoom = parseFloat(box.style.zoom) || 1;
        const filled = (box.firstElementChild.getBoundingClientRect().bottom + 12) / window.innerHeight;
        if (filled > 1) box.style.zoom = Math.max(0.3, zoom * Math.max(0.8, 0.99 / filled));
        else if (filled < 0.8 && zoom < 1) box.style.zoom = Math.min(1, zoom * 1.04);
    };
    // A part that comes in later is never seen beside the one that is shown.
    new MutationObserver(choose).observe(document.body, {childList: true, subtree: true});
    setInterval(fit, 250);
    addEventListener("resize", fit);
    fit();
    document.addEventListener("keydown", event => {
        if (!parts().length || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "f" || event.key === "F") {
            if (document.fullscreenElement) document.exitFullscreen();
            else document.documentElement.requestFullscreen();
        } else if (["ArrowRight", "PageDown"].includes(event.key)) shown += 1;
        else if (["ArrowLeft", "PageUp"].includes(event.key)) shown -= 1;
        else if (["ArrowUp", "ArrowDown"].includes(event.key)) {
            const side = event.key === "ArrowUp" ? "newer" : "older";
            const link = document.querySelector(".st-key-presenter-" + side + " a");
            if (!link) return;
            link.click();
        }
        else return;
        event.preventDefault();
        fit();
    });
}
</script>"""


def show_neighbours(run_ids: Sequence[str], shown: str) -> None:
    """Links to the run before and after the one that is shown; the keys press them.

    `run_ids` are all runs, the newest first.
    """
    place = list(run_ids).index(shown)
    for side, other, icon in (("newer", place - 1, "arrow_upward"), ("older", place + 1, "arrow_downward")):
        if 0 <= other < len(run_ids):
            with st.container(key=f"presenter-{side}", width="content"):
                query = {"run": run_ids[other]}
                label = f"{side.capitalize()} run"
                st.page_link(page_of("presenter"), label=label, icon=f":material/{icon}:", query_params=query)


def present() -> None:
    """Let the browser fit what is shown to the screen, one part at a time, and listen to keys.

    Comes before the parts: what took long to make would else be waited for with all of them beside each other.
    """
    st.html(_SCRIPT, width="content", unsafe_allow_javascript=True)


def say_keys(*, beside: bool = False, lesson: bool = False) -> None:
    """Name the keys.

    Args:
        beside: whether there are links to the runs beside this one.
        lesson: whether the leakage lesson is among the parts.
    """
    parts = "curves, confusion matrix or leakage lesson" if lesson else "curves or confusion matrix"
    st.caption(f"F: full screen. ← →: {parts}." + " ↑ ↓: newer or older run." * beside)
