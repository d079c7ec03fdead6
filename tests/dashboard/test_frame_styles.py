"""What the style sheet of every page promises and no single page shows."""

from dashboard.rest.assets import FOLDER


def test_a_phone_reads_chosen_values_to_their_end() -> None:
    """Names of runs differ at their ends, where a chip of one line cuts them off."""
    css = (FOLDER / "frame" / "frame.css").read_text()
    phone = css[css.index("@media (max-width: 767px)") :]
    assert '[data-testid="stMultiSelectTagsContainer"] [data-tag] > span { white-space: normal;' in phone
    assert '[data-testid="stMultiSelectTagsContainer"] { height: auto !important;' in phone
