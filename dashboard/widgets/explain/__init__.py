"""Heat maps with their checks, and what else explains an answer."""
