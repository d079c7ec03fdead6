"""Sites of data sets lie where a body has them, no finer than the data tells."""

import pytest

from core.data.body_sites import REGIONS, named_sites, regions_of_sites
from core.data.diagnoses.diagnoses import plain

HAM10000 = (
    "abdomen", "acral", "back", "chest", "ear", "face", "foot", "genital", "hand", "lower extremity", "neck", "scalp",
    "trunk", "upper extremity",
)  # fmt: skip
ISIC_2019 = (
    "anterior torso", "head/neck", "lateral torso", "lower extremity", "oral/genital", "palms/soles",
    "posterior torso", "upper extremity",
)  # fmt: skip


@pytest.mark.parametrize("sites", [HAM10000, ISIC_2019])
def test_every_site_of_the_published_sets_has_a_place_on_the_body(sites: tuple[str, ...]) -> None:
    covered = regions_of_sites(sites)
    assert set(covered) == set(sites)
    assert all(regions and set(regions) <= set(REGIONS) for regions in covered.values())


def test_a_coarse_site_covers_all_its_regions() -> None:
    assert set(regions_of_sites(HAM10000)["trunk"]) == {"chest", "abdomen", "flank", "back", "buttocks"}
    assert set(regions_of_sites(ISIC_2019)["head/neck"]) == {"scalp", "face", "ear", "mouth", "neck"}


def test_front_and_back_of_the_torso_are_told_apart_where_the_site_tells() -> None:
    covered = regions_of_sites(ISIC_2019)
    assert not set(covered["anterior torso"]) & set(covered["posterior torso"])


def test_a_limb_has_its_hand_or_foot_unless_the_data_name_it_apart() -> None:
    assert "hand" in regions_of_sites(["upper extremity"])["upper extremity"]
    assert regions_of_sites(HAM10000)["upper extremity"] == ("arm",)
    assert regions_of_sites(HAM10000)["lower extremity"] == ("leg",)
    assert "foot" in regions_of_sites(ISIC_2019)["lower extremity"]


def test_a_site_that_is_not_known_has_no_place() -> None:
    assert regions_of_sites(["elsewhere", " Upper  Extremity "])["elsewhere"] == ()


@pytest.mark.parametrize(
    ("site", "regions"),
    [
        ("lower back", ("back",)),
        ("Left forearm", ("arm",)),
        ("RIGHT LOWER LEG", ("leg",)),
        ("skin of the scalp", ("scalp",)),
        ("cheek", ("face", "mouth")),
        ("Rücken", ("back",)),
        ("linker Oberarm", ("arm",)),
        ("Ryg", ("back",)),
        ("hånd", ("hand", "palm")),
        ("espalda", ("back",)),
        ("Antebraço esquerdo", ("arm",)),
        ("cuir chevelu", ("scalp",)),
        ("腹部", ("abdomen",)),
    ],
)
def test_finer_sites_sides_and_other_languages_have_their_place(site: str, regions: tuple[str, ...]) -> None:
    assert regions_of_sites([site])[site] == regions


def test_no_name_of_a_site_means_two() -> None:
    said: dict[str, set[str]] = {}
    for site, others in named_sites():
        for name in others:
            said.setdefault(plain(name), set()).add(site)
    assert {name: sites for name, sites in said.items() if len(sites) > 1} == {}
