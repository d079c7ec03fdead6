"""Public data sets that can be downloaded: where their files are, how large, under what licence.

Sizes and checksums are those that the publishers or TensorFlow Datasets state; a size that is not stated is None
and asked of the server. Where sizes are told roundly, or by others who fetched the files, they are the approximate
ones: of the ISIC challenges those of https://challenge.isic-archive.com/data, in units of 1,024.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.base.errors import ConfigurationError

_ZENODO_MEDMNIST = "https://zenodo.org/records/10519652/files"
_ZENODO_PCAM = "https://zenodo.org/records/2546921/files"
_DATAVERSE = "https://dataverse.harvard.edu/api/access/datafile"
_ISIC = "https://isic-challenge-data.s3.amazonaws.com"
_NON_COMMERCIAL = "CC BY-NC 4.0 (non-commercial use only)"
_CC_BY_NC = "https://creativecommons.org/licenses/by-nc/4.0/"


@dataclass(frozen=True)
class SourceFile:
    """One file to download and what becomes of it.

    An archive (`.zip`, `.tar`, `.tar.gz`) is unpacked into the folder `into` of the data set, a file that is only
    compressed (`.gz`) is unpacked under `into` as its name, any other file is put there as `into`. Sizes are in
    bytes: `size` as published, which is checked; `about_size` roundly, for the free space alone; `told_size` as the
    server says now; `unpacked_size` what it takes afterwards, None where that is about as much.
    """

    name: str
    url: str
    into: str
    size: int | None = None
    md5: str = ""
    sha256: str = ""
    unpacked_size: int | None = None
    about_size: int | None = None
    told_size: int | None = None

    @property
    def expected_size(self) -> int | None:
        """Bytes that will come, as published or as the server says; None if neither says."""
        return self.size if self.size is not None else self.told_size

    @property
    def likely_size(self) -> int | None:
        """The expected bytes, or else about how many; None if nothing is known."""
        return self.expected_size if self.expected_size is not None else self.about_size


@dataclass(frozen=True)
class Source:
    """A data set that can be downloaded; `folder` is its name in a data root, which the catalog knows."""

    name: str
    title: str
    description: str
    folder: str
    files: tuple[SourceFile, ...]
    licence: str
    licence_url: str
    citation: str
    homepage: str

    @property
    def size(self) -> int | None:
        """Bytes to download; None if the server has to be asked."""
        return sum_known(file.size for file in self.files)

    @property
    def likely_size(self) -> int | None:
        """About how many bytes there are to download; None if of a file nothing is known."""
        return sum_known(file.likely_size for file in self.files)

    @property
    def published_size(self) -> int:
        """Bytes of those files whose size is published; 0 if it is of none."""
        return sum(file.size or 0 for file in self.files)


def sum_known(sizes: Iterable[int | None]) -> int | None:
    """The sum, or None if one of them is None."""
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def find_source(name: str) -> Source:
    """A source by its name.

    Raises:
        ConfigurationError: there is none.
    """
    for source in SOURCES:
        if source.name == name:
            return source
    known = ", ".join(source.name for source in SOURCES)
    raise ConfigurationError(f"There is no download called “{name}”. Known are: {known}.")


def _medmnist(side: int, md5: str, about: int | None = None) -> Source:
    name = "dermamnist" if side == 28 else f"dermamnist_{side}"
    file = f"{name}.npz"
    return Source(
        name=name,
        title=f"DermaMNIST, {side}×{side} pixels",
        description=f"HAM10000 in MedMNIST's format: 10,015 pictures of {side}×{side} pixels with an official split.",
        folder="dermamnist",
        files=(SourceFile(file, f"{_ZENODO_MEDMNIST}/{file}?download=1", file, md5=md5, about_size=about),),
        licence=_NON_COMMERCIAL,
        licence_url=_CC_BY_NC,
        citation=(
            "Yang J., Shi R., Wei D. et al.: MedMNIST v2, a large-scale lightweight benchmark for 2D and 3D biomedical "
            "image classification. Scientific Data 10, 41 (2023). doi:10.1038/s41597-022-01721-8. The pictures: "
            "Tschandl P., Rosendahl C., Kittler H. (2018). doi:10.1038/sdata.2018.161"
        ),
        homepage="https://zenodo.org/records/10519652",
    )


def _isic(path: str, about: int) -> SourceFile:
    name = path.partition("/")[2]
    return SourceFile(name, f"{_ISIC}/{path}", name.removesuffix(".zip"), about_size=about)


def _pcam(part: str, what: str, md5: str, size: int | None = None, sha256: str = "", pictures: int = 0) -> SourceFile:
    ending = "csv" if what == "meta" else "h5.gz"
    name = f"camelyonpatch_level_2_split_{part}_{what}.{ending}"
    pixels = pictures * 96 * 96 * 3
    room = None if what == "meta" else pixels + 1_000_000
    url = f"{_ZENODO_PCAM}/{name}?download=1"
    return SourceFile(name, url, name.removesuffix(".gz"), size, md5, sha256, room)


SOURCES: tuple[Source, ...] = (
    _medmnist(28, "0744692d530f8e62ec473284d019b0c7", 19_700_000),
    _medmnist(64, "b70a2f5635c6199aeaa28c31d7202e1f", 100_100_000),
    _medmnist(128, "2defd784463fa5243564e855ed717de1"),
    _medmnist(224, "8974907d8e169bef5f5b96bc506ae45d", 1_100_000_000),
    Source(
        name="ham10000",
        title="HAM10000",
        description="10,015 dermoscopy pictures of 7,470 pigmented skin lesions in seven diagnoses, 600×450 pixels.",
        folder="ham10000",
        files=(
            SourceFile(
                "HAM10000_images_part_1.zip",
                f"{_DATAVERSE}/3172585",
                "HAM10000_images_part_1",
                1_366_522_108,
                "4639bfa73ab251610530a97c898e6e46",
            ),
            SourceFile(
                "HAM10000_images_part_2.zip",
                f"{_DATAVERSE}/3172584",
                "HAM10000_images_part_2",
                1_403_566_547,
                "da43d6cc50f6613013be07e8986b384b",
            ),
            # The table as it was deposited, with commas; without `format` Dataverse gives its own, with tabs, which
            # is another file than the one whose checksum it states.
            SourceFile(
                "HAM10000_metadata.csv",
                f"{_DATAVERSE}/4338392?format=original",
                "HAM10000_metadata.csv",
                690_218,
                "8f85fb1aa29d80a2797247e434deb79d",
            ),
        ),
        licence=_NON_COMMERCIAL,
        licence_url=_CC_BY_NC,
        citation=(
            "Tschandl P., Rosendahl C., Kittler H.: The HAM10000 dataset, a large collection of multi-source "
            "dermatoscopic images of common pigmented skin lesions. Scientific Data 5, 180161 (2018). "
            "doi:10.1038/sdata.2018.161. Data: doi:10.7910/DVN/DBW86T"
        ),
        homepage="https://doi.org/10.7910/DVN/DBW86T",
    ),
    Source(
        name="isic2018",
        title="ISIC 2018, task 3",
        description="The challenge on seven diagnoses: HAM10000 for training, the official validation and test sets.",
        folder="isic2018",
        files=(
            _isic("2018/ISIC2018_Task3_Training_Input.zip", 2_771_700_000),
            _isic("2018/ISIC2018_Task3_Validation_Input.zip", 53_500_000),
            _isic("2018/ISIC2018_Task3_Test_Input.zip", 420_500_000),
            _isic("2018/ISIC2018_Task3_Training_LesionGroupings.csv", 492_500),
            _isic("2018/ISIC2018_Task3_Training_GroundTruth.zip", 36_900),
            _isic("2018/ISIC2018_Task3_Validation_GroundTruth.zip", 7_200),
            _isic("2018/ISIC2018_Task3_Test_GroundTruth.zip", 16_400),
        ),
        licence=_NON_COMMERCIAL,
        licence_url=_CC_BY_NC,
        citation=(
            "Codella N. et al.: Skin Lesion Analysis Toward Melanoma Detection 2018: A Challenge Hosted by the "
            "International Skin Imaging Collaboration (ISIC). arXiv:1902.03368 (2019). Tschandl P., Rosendahl C., "
            "Kittler H. (2018). doi:10.1038/sdata.2018.161"
        ),
        homepage="https://challenge.isic-archive.com/data/#2018",
    ),
    Source(
        name="isic2019",
        title="ISIC 2019",
        description="25,331 dermoscopy pictures in eight diagnoses from three collections, with metadata.",
        folder="isic2019",
        files=(
            _isic("2019/ISIC_2019_Training_Input.zip", 9_771_600_000),
            _isic("2019/ISIC_2019_Training_Metadata.csv", 1_200_000),
            _isic("2019/ISIC_2019_Training_GroundTruth.csv", 1_300_000),
        ),
        licence=_NON_COMMERCIAL,
        licence_url=_CC_BY_NC,
        citation=(
            "Tschandl P., Rosendahl C., Kittler H. (2018). doi:10.1038/sdata.2018.161. Codella N. et al.: Skin Lesion "
            "Analysis Toward Melanoma Detection. arXiv:1710.05006 (2018). Combalia M. et al.: BCN20000: Dermoscopic "
            "Lesions in the Wild. arXiv:1908.02288 (2019)"
        ),
        homepage="https://challenge.isic-archive.com/data/#2019",
    ),
    Source(
        name="patchcamelyon",
        title="PatchCamelyon",
        description="327,680 patches of 96×96 pixels from lymph nodes, with and without metastasis, official split.",
        folder="patchcamelyon",
        # The README of the data set swaps the checksums of valid and test; these are those of the files.
        files=(
            _pcam(
                "train",
                "x",
                "1571f514728f59376b705fc836ff4b63",
                6_421_353_462,
                "d619e741468a7ab35c7e4a75e6821b7e7e6c9411705d45708f2a0efc8960656c",
                262_144,
            ),
            _pcam(
                "train",
                "y",
                "35c2d7259d906cfc8143347bb8e05be7",
                21_378,
                "b74126d2c01b20d3661f9b46765d29cf4e4fba6faba29c8e0d09d406331ab75a",
            ),
            _pcam("train", "meta", "5a3dd671e465cfd74b5b822125e65b0a"),
            _pcam(
                "valid",
                "x",
                "d5b63470df7cfa627aeec8b9dc0c066e",
                805_965_320,
                "f82ee1670d027b4ec388048d9eabc2186b77c009655dae76d624c0ecb053ccb2",
                32_768,
            ),
            _pcam(
                "valid",
                "y",
                "2b85f58b927af9964a4c15b8f7e8f179",
                3_038,
                "ce1ae30f08feb468447971cfd0472e7becd0ad96d877c64120c72571439ae48c",
            ),
            _pcam("valid", "meta", "67589e00a4a37ec317f2d1932c7502ca"),
            _pcam(
                "test",
                "x",
                "d8c2d60d490dbd479f8199bdfa0cf6ec",
                800_875_929,
                "79174c2201ad521602a5888be8f36ee10875f37403dd3f2086caf2182ef87245",
                32_768,
            ),
            _pcam(
                "test",
                "y",
                "60a7035772fbdb7f34eb86d4420cf66a",
                3_040,
                "0a522005fccc8bbd04c5a117bfaf81d8da2676f03a29d7499f71d0a0bd6068ef",
            ),
            _pcam("test", "meta", "3455fd69135b66734e1008f3af684566"),
        ),
        licence="CC0 1.0 (public domain)",
        licence_url="https://creativecommons.org/publicdomain/zero/1.0/",
        citation=(
            "Veeling B. S., Linmans J., Winkens J., Cohen T., Welling M.: Rotation Equivariant CNNs for Digital "
            "Pathology. MICCAI 2018, arXiv:1806.03962. Ehteshami Bejnordi B. et al., JAMA 318, 2199 (2017). "
            "doi:10.1001/jama.2017.14585"
        ),
        homepage="https://github.com/basveeling/pcam",
    ),
)
