"""Which pictures stand in a data set twice: duplicates and near-duplicates."""
