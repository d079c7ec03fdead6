"""One object owns the filters of a data set: whoever changes them, widgets, address and links say the same."""

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from core.data.adapters.ham10000 import HAM10000_SPEC
from dashboard.filters.facets import facets_of
from dashboard.filters.filter_state import FilterState
from dashboard.filters.filters import Filters


def page(sites: tuple[str, ...] = ("back", "face", "foot")) -> None:
    """A page with the bar of filters and what others see of them."""
    import json

    import numpy as np
    import pandas as pd
    import streamlit as st

    from core.data.adapters.ham10000 import HAM10000_SPEC
    from dashboard.filters.clicks import with_picks
    from dashboard.filters.filter_bar import filter_bar
    from dashboard.filters.filter_state import FilterState

    table = pd.DataFrame(
        {
            "image_id": list("abcdef"),
            "label": ["mel", "mel", "nv", "nv", "bcc", "nv"],
            "age": [20.0, 40.0, 45.0, 60.0, 80.0, np.nan],
            "sex": ["female", "male"] * 3,
            "site": list(sites) * (6 // len(sites)),
            "diameter": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        }
    )
    state = FilterState(table, HAM10000_SPEC)
    asked = st.session_state.pop("clicked", None)
    if asked:  # as the callback of a chart does, before the page is drawn
        state.write(with_picks(state.filters, asked, state.spec, state.facets, state.age_span))
    filter_bar(state)
    st.code(json.dumps(state.to_address()))


def opened(**query) -> AppTest:
    app = AppTest.from_function(page, default_timeout=120)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> dict:
    """What links to other pages would say."""
    import json

    return json.loads(app.code[0].value)


def in_address(app: AppTest) -> dict:
    """What the address says, without what is empty."""
    found = {name: app.query_params[name] for name in app.query_params}
    return {name: of if isinstance(of, list) else [of] for name, of in found.items() if of}


def pills(app: AppTest, field: str) -> list[str]:
    return app.pills(key=f"filter-ham10000-{field}").value


def test_a_click_on_a_chart_shows_in_the_widget_in_the_address_and_in_links() -> None:
    app = opened()
    app.session_state["clicked"] = [("site", "back"), ("age", (40.0, 44.0))]
    app.run()
    assert pills(app, "sites") == ["back"]
    assert app.slider[0].value == (40, 44)
    assert in_address(app) == said(app) == {"site": ["back"], "age": ["40-44"], "unknown-age": ["no"]}


def test_a_widget_an_address_and_a_chip_change_the_same() -> None:
    app = opened(site="back", sex="male")
    assert pills(app, "sites") == ["back"]
    app.pills(key="filter-ham10000-sites").set_value(["back", "face"]).run()
    assert in_address(app) == said(app) == {"sex": ["male"], "site": ["back", "face"]}
    next(b for b in app.button if b.label.endswith("back")).click().run()
    assert pills(app, "sites") == ["face"]
    app.slider(key="filter-ham10000-n-diameter").set_range(2.0, 4.0).run()
    assert said(app)["n-diameter"] == ["2.0:4.0"]
    next(b for b in app.button if b.label == "Reset").click().run()
    assert in_address(app) == said(app) == {}
    assert pills(app, "sites") == []
    assert app.slider(key="filter-ham10000-n-diameter").value == (1.0, 6.0)


def test_a_widget_that_shows_what_is_asked_for_is_not_set_again() -> None:
    """Else what a person clicks while the page is drawn would be taken back."""
    app = opened()
    app.pills(key="filter-ham10000-sites").set_value(["foot", "back"]).run()
    assert not app.pills(key="filter-ham10000-sites").proto.set_value
    assert pills(app, "sites") == ["foot", "back"]


def test_what_the_files_have_no_more_is_asked_for_no_more() -> None:
    app = opened(site=["back", "foot"])
    app.args = (("back", "face"),)
    app.run()
    assert not app.exception
    assert said(app) == {"site": ["back"]}


def test_a_column_of_the_files_keeps_its_name() -> None:
    """Only our own words are said as a data set says them: photos per lesion."""
    table = pd.DataFrame({"label": ["mel", "nv"], "age": [np.nan] * 2, "group_id": [1, 1], "age_group": ["a", "b"]})
    labels = {facet.column: facet.label_for(HAM10000_SPEC) for facet in facets_of(table)}
    assert labels["age_group"] == "age_group"
    assert labels["photos"] == "Pictures per lesion"


def test_nothing_is_asked_for_at_first() -> None:
    table = pd.DataFrame({"label": ["mel", "nv"], "age": [np.nan] * 2})
    assert FilterState(table, HAM10000_SPEC).from_address({}) == (Filters(), [])
