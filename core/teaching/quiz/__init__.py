"""You against the model: series, answers, class sessions and their results."""
