"""A small search from the page Search, in a real browser with real trials: started, followed, its best taken along."""

import json
import re

import pytest

from core.searches.search_config import read_search_config
from core.searches.search_folder import list_searches
from core.searches.search_states import SearchState

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.mark.long  # the page is tested without a browser, and real trials in the chaos test
def test_a_search_is_followed_from_the_press_that_starts_it_to_the_recipe_of_its_best(
    fewer_pictures, start_server, visitors
) -> None:
    page = visitors(viewport={"width": 1440, "height": 1200})
    page.goto(f"{start_server().url}/search")
    for label, value in (("Epochs of a trial", "1"), ("Trials", "2")):
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Enter")
    page.get_by_role("button", name="Start the search").click()
    page.wait_for_url("**/search?*search=*")
    page.get_by_role("button", name="Stop").wait_for()
    states = page.get_by_test_id("stDataFrame").last.locator("[role=gridcell]:nth-child(2)")
    states.filter(has_text=re.compile("starting|running|evaluating")).first.wait_for(state="attached")

    page.get_by_text("2 of 2", exact=True).last.wait_for()
    page.locator(".stMarkdownBadge").filter(has_text="finished").first.wait_for()
    page.locator(".js-plotly-plot .scatterlayer .point").nth(1).wait_for()
    states.filter(has_text="finished").nth(1).wait_for(state="attached")

    [search] = list_searches()
    assert search.status().state is SearchState.FINISHED
    with page.expect_download() as download:
        page.get_by_role("button", name="Make it a recipe").click()
    config = read_search_config(search)
    best = config.recipe_of(config.best(search.trials()).values)
    assert json.loads(download.value.path().read_text()) == best.model_dump(mode="json")
    assert (best.epochs, best.dataset) == (1, "demo")
