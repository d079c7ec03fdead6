"""A folder that is not certain, in a real browser: looked at, corrected, agreed to, added and trained on."""

import re
from pathlib import Path

import pytest
from PIL import Image

from core.data.catalog import look
from core.runs.run_folder import list_runs
from tests.pages.patience import choose, settled

# The same steps are gone through without a browser in test_data_page_readings.py.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1200)]

KINDS = ("nevus", "seborrheic keratosis", "melanoma", "basal cell carcinoma")


@pytest.fixture
def skin(tmp_path: Path) -> Path:
    """Diagnoses at two levels, a column that is called as groups are, while patients stand in names of files, and two
    copies of nobody knows what, which remain to be agreed to."""
    folder = tmp_path / "elsewhere" / "skin"
    folder.mkdir(parents=True)
    lines = ["file;diagnosis_1;diagnosis_2;tile_group"]
    for number in range(48):
        name = f"PAT_{number // 4 + 10}_{number // 2 + 200}_{number}"
        Image.new("RGB", (32, 32), (number * 5, 80, 250 - number * 5)).save(folder / f"{name}.png")
        kind = number // 2 % 4
        lines.append(f"{name};{'malignant' if kind > 1 else 'benign'};{KINDS[kind]};{number // 2}")
    for name in ("aug_7f3a", "aug_91bc"):
        Image.new("RGB", (32, 32), (200, 80, 80)).save(folder / f"{name}.png")
    (folder / "findings.csv").write_text("\n".join(lines))
    return folder


def test_an_uncertain_folder_is_corrected_agreed_to_and_trained_on(
    skin: Path, small_demo, start_server, visitors
) -> None:
    from playwright.sync_api import expect

    server = start_server()
    page = visitors(viewport={"width": 1440, "height": 1200})
    page.goto(f"{server.url}/data")
    page.get_by_role("tab", name="Add a folder").click()
    page.get_by_label("Path of the folder").fill(str(skin))
    page.get_by_role("button", name="Look into it").click()
    page.get_by_text("The diagnosis stands at several levels").wait_for()
    expect(page.get_by_role("img", name="Picture ")).to_have_count(12)
    expect(page.get_by_role("img", name="melanoma")).to_have_count(3)
    choose(page, "Class", "diagnosis_1", exact=True)
    expect(page.get_by_role("img", name="malignant")).to_have_count(6)
    expect(page.get_by_role("img", name="melanoma")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"^group \d+$"))).to_have_count(12)
    choose(page, "What belongs together", "patient in the names of files", exact=True)
    expect(page.get_by_text(re.compile(r"^patient PAT_\d+$"))).to_have_count(12)
    expect(page.get_by_role("img", name="Picture ")).to_have_count(12)
    assert look().entry("skin") is None
    page.get_by_role("button", name="Agree and add").click()
    page.get_by_text("Added skin from").wait_for()
    spec = look().spec("skin")
    assert (spec.class_keys, spec.group, spec.unsure) == (("benign", "malignant"), "patient", "")
    settled(page)
    page.locator(".st-key-understood-skin button").click()
    page.wait_for_url("**/data?reading=skin")
    page.get_by_text("Somebody has agreed to this. You can train on it.").wait_for()
    page.get_by_role("main").get_by_role("link", name="Train").click()
    page.wait_for_url("**/train?dataset=skin*")
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("1")
    epochs.press("Enter")
    page.get_by_text("Nothing leaks", exact=True).wait_for()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/runs?run=*")
    page.get_by_text("finished", exact=True).first.wait_for()
    [run] = list_runs()
    assert run.recipe().dataset == "skin"
    assert run.status().state.value == "finished"
