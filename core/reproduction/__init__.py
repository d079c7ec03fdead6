"""The reference systems trained here: as their reports did it, and honestly, beside the published figures."""
