"""What the page shows of one picture: every column that came with it, and nothing of the machine it lies on."""

from pathlib import Path

from core.data.reading.reader import read_folder
from core.data.reading.understood import dataset_of, spec_of
from dashboard.widgets.pictures.picture_detail import detail_table
from tests.core.data.reading.test_layouts_of_publishers import table, touch


def test_licence_attribution_and_skin_tone_of_a_picture_are_shown_and_its_file_by_name_alone(tmp_path: Path) -> None:
    folder = tmp_path / "skin"
    names = [f"ISIC_{n:07d}" for n in range(8)]
    touch(folder / "images", *(f"{name}.jpg" for name in names))
    header = "isic_id,diagnosis,attribution,copyright_license,skin_tone"
    rows = [f"{name},{('nevus', 'melanoma')[n % 2]},Hospital X,CC-BY,{12 + n % 2}" for n, name in enumerate(names)]
    table(folder / "metadata.csv", header, *rows)
    reading = read_folder(folder)
    dataset = dataset_of(reading, spec_of(reading))
    shown = detail_table(dataset.table.iloc[0], dataset).set_index("field")["value"]
    assert shown["attribution"] == "Hospital X"
    assert shown["copyright_license"] == "CC-BY"
    assert shown["skin_tone"] == "12.0"
    assert "ISIC_0000000.jpg" in set(shown)
    assert not shown.astype(str).str.contains(str(tmp_path)).any()
    assert dataset.spec.licence == "CC-BY (8)"
