"""Every layout of files that is known. A new one is a file in this folder and a line here."""

from core.data.adapters.adapter import Adapter
from core.data.adapters.array_archives import ARRAY_ARCHIVES
from core.data.adapters.breast_histopathology import BREAST_HISTOPATHOLOGY
from core.data.adapters.ham10000 import HAM10000
from core.data.adapters.hmnist import HMNIST
from core.data.adapters.isic import ISIC_2018, ISIC_2019
from core.data.adapters.patchcamelyon import PATCHCAMELYON, PATCHCAMELYON_KAGGLE

ADAPTERS: tuple[Adapter, ...] = (
    HAM10000,
    HMNIST,
    ISIC_2018,
    ISIC_2019,
    ARRAY_ARCHIVES,
    PATCHCAMELYON,
    PATCHCAMELYON_KAGGLE,
    BREAST_HISTOPATHOLOGY,
)
"""All of these are asked, for one folder may hold several data sets."""
