"""Downloads of public data sets: sources, transfer, archives."""
