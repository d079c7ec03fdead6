"""Explore without a browser: the address gives the view, chips and reset take it back, hostile addresses are harmless.

Clicks on charts are decided by `dashboard.filters.clicks`, tested beside it, and done in a real browser in
`test_explore_in_browser.py`.
"""

import pytest

from core.data.catalog import open_dataset


def shown(app) -> int:
    """How many images the page says pass the filters."""
    [text] = [m.value for m in app.markdown if " of " in m.value and m.value.endswith(("images", ")"))]
    return int(text.split("**")[1].replace(",", ""))


def chips(app) -> list[str]:
    """Labels of the chips."""
    return [b.label for b in app.button if b.key and b.key.startswith("chip-")]


@pytest.fixture
def explore(demo_artifacts, open_page):
    """Opens the page at an address: `explore(site="back")`; a list stands for a repeated parameter."""
    return lambda **query: open_page("21_explore.py", dataset="demo", **query)


def test_an_address_opens_the_view_it_tells(explore) -> None:
    table = open_dataset("demo").table
    app = explore(sex="female", diagnosis=["mel", "bcc"], age="40-69")
    expected = table[(table["sex"] == "female") & table["label"].isin(["mel", "bcc"])]
    expected = expected[expected["age"].between(40, 69.9) | expected["age"].isna()]
    assert not app.exception
    assert shown(app) == len(expected)
    assert len(chips(app)) == 4


def test_a_filter_stands_in_the_address_and_that_address_opens_the_same_view(explore) -> None:
    app = explore()
    app.pills(key="filter-demo-sexes").set_value(["male"]).run()
    app.pills(key="filter-demo-photos").set_value(["2"]).run()
    assert app.query_params["sex"] == "male"
    again = explore(**{name: app.query_params[name] for name in ("sex", "photos")})
    assert shown(again) == shown(app) < len(open_dataset("demo").table)


def test_a_quick_second_click_is_not_undone_by_the_address_before_the_first(explore) -> None:
    app = explore()
    app.pills(key="filter-demo-sexes").set_value(["male"]).run()
    app.query_params["sex"] = []  # the browser has not heard of the first click yet
    app.pills(key="filter-demo-sites").set_value(["back"]).run()
    assert len(chips(app)) == 2


def test_going_back_in_the_browser_gives_the_view_of_that_address(explore) -> None:
    app = explore(sex="female")
    women = shown(app)
    app.pills(key="filter-demo-sexes").set_value(["male"]).run()
    app.query_params["sex"] = "female"
    app.run()
    assert shown(app) == women


def test_a_chip_takes_its_filter_back_and_no_other(explore) -> None:
    app = explore(sex="female", diagnosis=["mel", "bcc"])
    before = chips(app)
    next(b for b in app.button if b.label == "Diagnosis: melanoma").click().run()
    assert len(chips(app)) == len(before) - 1
    assert app.query_params["diagnosis"] == "bcc"
    assert app.query_params["sex"] == "female"


def test_reset_takes_everything_back_also_from_the_address(explore) -> None:
    app = explore(sex="female", site="back", age="20-40", **{"unknown-age": "no"})
    next(b for b in app.button if b.label == "Reset").click().run()
    assert shown(app) == len(open_dataset("demo").table)
    assert chips(app) == []
    assert not {"sex", "site", "age", "unknown-age"} & {name for name, of in app.query_params.items() if of}


def test_a_hostile_address_shows_everything_with_a_note(explore) -> None:
    app = explore(site="<img src=x onerror=alert(1)>", age="9999-1", diagnosis="nope", colour="x", **{"x-a": "b"})
    assert not app.exception
    assert not app.error
    assert shown(app) == len(open_dataset("demo").table)
    [note] = [info.value for info in app.info if "address" in info.value]
    assert "anatomical site" in note
    assert "onerror" not in note


def test_filters_that_leave_nothing_offer_a_reset(explore) -> None:
    app = explore(age="0-0", **{"unknown-age": "no"}, diagnosis="df", sex="not recorded")
    if shown(app):
        pytest.skip("the demo has such an image")
    next(b for b in app.button if b.label == "Reset the filters").click().run()
    assert shown(app) == len(open_dataset("demo").table)


def test_every_tab_opens_by_diagnosis_and_by_malignancy(explore) -> None:
    app = explore()
    for colour in ("By diagnosis", "Malignant or benign"):
        app.segmented_control(key="colour").set_value(colour).run()
        for tab in ("Age", "Sex", "Anatomical site", "How diagnosed", "Photos", "Missing", "Related"):
            app.session_state["explore-tab"] = tab
            app.run()
            assert not app.exception, tab
            assert not app.error, tab


def test_two_columns_are_compared_in_a_sentence(explore) -> None:
    app = explore(**{"explore-tab": "Related"})
    [words] = [m.value for m in app.markdown if "association between" in m.value]
    assert "lesions" in words
    app.selectbox(key="compare-first").set_value("age").run()
    assert any("age" in m.value and "H " in m.value for m in app.markdown if "association between" in m.value)


def test_filters_of_an_address_go_along_to_pages_with_the_same_filters(explore, demo_is_measured) -> None:
    demo_is_measured()
    app = explore(sex="female", age="40-69")
    app.query_params.clear()  # a link of the navigation has no parameters
    app.switch_page("../pages/22_pictures.py").run()
    assert len(chips(app)) == 2
    assert app.query_params["sex"] == "female"
    app.query_params.clear()
    app.switch_page("../pages/30_train.py").run()
    assert "sex" not in app.query_params
    assert app.query_params["dataset"] == "demo"
    app.switch_page("../pages/21_explore.py").run()
    assert len(chips(app)) == 2


def test_filters_that_a_link_asks_for_come_before_those_of_the_session(explore, demo_is_measured) -> None:
    demo_is_measured()
    app = explore(sex="female")
    app.query_params.clear()
    app.query_params["site"] = "back"
    app.switch_page("../pages/22_pictures.py").run()
    assert chips(app) == ["Anatomical site: back"]


def test_what_the_address_says_of_one_data_set_is_not_asked_of_the_one_chosen_next(
    explore, moles_root, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONLAB_DATA", str(moles_root))
    app = explore(sex="female", picture="DEMO_0000001")
    assert len(chips(app)) == 1
    app.selectbox[0].set_value("moles").run()
    assert app.query_params["dataset"] == "moles"
    assert chips(app) == []
    assert "picture" not in app.query_params
    app.selectbox[0].set_value("demo").run()
    assert len(chips(app)) == 1
