"""What a projector needs: everything on one screen, keys for the next and the previous part, and the full screen."""

import streamlit as st

PART = "presented-"
"""Key of the container of a part, before its number; the browser shows one of them at a time."""

# A part is made smaller until it fits and, with room to spare, larger again; what is narrower stands in fewer rows.
_SCRIPT = """<script>
if (!window.presents) {
    window.presents = true;
    let shown = 0;
    const parts = () => [...document.querySelectorAll('[class*="st-key-presented-"]')];
    const fit = () => {
        const all = parts();
        const box = document.querySelector('[data-testid="stMainBlockContainer"]');
        if (!box?.firstElementChild) return;
        if (!all.length || window.innerWidth < 768) {  // a phone has no keys, and is scrolled
            if (box.style.zoom) box.style.zoom = "";
            all.forEach(part => { part.style.display = ""; });
            return;
        }
        all.forEach((part, number) => {
            part.style.display = number === ((shown % all.length) + all.length) % all.length ? "" : "none";
        });
        const zoom = parseFloat(box.style.zoom) || 1;
        const filled = (box.firstElementChild.getBoundingClientRect().bottom + 12) / window.innerHeight;
        if (filled > 1) box.style.zoom = Math.max(0.3, zoom * Math.max(0.8, 0.99 / filled));
        else if (filled < 0.8 && zoom < 1) box.style.zoom = Math.min(1, zoom * 1.04);
    };
    setInterval(fit, 250);
    document.addEventListener("keydown", event => {
        if (!parts().length || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "f" || event.key === "F") {
            if (document.fullscreenElement) document.exitFullscreen();
            else document.documentElement.requestFullscreen();
        } else if (["ArrowRight", "PageDown"].includes(event.key)) shown += 1;
        else if (["ArrowLeft", "PageUp"].includes(event.key)) shown -= 1;
        else return;
        event.preventDefault();
        fit();
    });
}
</script>"""


def present() -> None:
    """Let the browser fit what is shown to the screen, and listen to the keys that are said here."""
    st.html(_SCRIPT, unsafe_allow_javascript=True)
    st.caption("F: full screen. ← →: curves or confusion matrix.")
