"""Any folder of pictures: what it is, is read from all that lies in it; it is a data set by its own name."""

from core.data.adapters.adapter import Adapter
from core.data.reading.understood import read_dataset, understand

ANY_FOLDER = Adapter(lambda listing: (understand(listing.folder).spec,), read_dataset)
"""Asked where no other layout knows a folder."""
