"""The picture of the point that the pointer is on, beside it, for charts whose points are pictures.

Only a pointer shows it, and it is not there for a screen reader: what it shows is behind the point as well, by a click.
"""

import json

import streamlit as st

from dashboard.addresses import address, quoted

# A picture is asked for once the pointer rests, for a hundred points may lie on its way. Plotly tells of the points
# that it is on, but of no place outside of the chart.
_SCRIPT = """<script>
window.hoverPictures = PLACE;
if (!window.showsHoverPictures) {
    window.showsHoverPictures = true;
    const picture = Object.assign(document.createElement("img"), {className: "hover-picture", alt: "", hidden: true});
    picture.setAttribute("aria-hidden", "true");
    document.body.append(picture);
    let wanted = null, resting = 0, pointer = {x: 0, y: 0};
    const hide = () => { clearTimeout(resting); wanted = null; picture.hidden = true; };
    const beside = (at, side, whole) => at + 20 + side > whole ? at - 20 - side : at + 20;
    const place = () => {
        picture.style.left = beside(pointer.x, picture.offsetWidth, innerWidth) + "px";
        picture.style.top = beside(pointer.y, picture.offsetHeight, innerHeight) + "px";
    };
    picture.addEventListener("load", () => { picture.hidden = wanted === null; place(); });
    picture.addEventListener("error", hide);
    const show = id => {
        hide();
        wanted = id;
        resting = setTimeout(() => {
            picture.src = window.hoverPictures.address + "?id=" + encodeURIComponent(id);
        }, 80);
    };
    document.addEventListener("pointermove", event => {
        pointer = {x: event.clientX, y: event.clientY};
        const chart = event.target.closest?.(".st-key-" + window.hoverPictures.within + " .js-plotly-plot");
        if (!chart) return void (wanted === null || hide());
        if (!picture.hidden) place();
        if (chart.tellsOfPictures || event.pointerType === "touch") return;
        chart.tellsOfPictures = true;
        chart.on("plotly_hover", ({points}) => show(String(points[0].customdata[0])));
        chart.on("plotly_unhover", hide);
    }, {passive: true});
    for (const end of ["pointerdown", "wheel", "keydown"]) document.addEventListener(end, hide, {passive: true});
}
</script>"""


def show_pictures_under_the_pointer(within: str, dataset: str) -> None:
    """Show the picture of each point beside the pointer; nothing where a picture cannot be read.

    Args:
        within: key of the container that has the chart; the custom data of its points begin with the image's id.
        dataset: that has the pictures.
    """
    place = {"within": within, "address": address(f"api/datasets/{quoted(dataset)}/picture")}
    script = _SCRIPT.replace("PLACE", json.dumps(place).replace("<", "\\u003c"))
    st.html(script, unsafe_allow_javascript=True)
