"""Round ends and steps for a span of numbers."""

import math


def step_of(span: tuple[float, float]) -> float:
    """A round number of which a span of numbers has a hundred to a thousand."""
    return 10.0 ** (math.floor(math.log10(span[1] - span[0])) - 2)


def rounded_outwards(low: float, high: float) -> tuple[float, float]:
    """A span that holds another and ends at round numbers, as an address can hold them; `step_of` says how round."""
    step = step_of((low, high))
    places = max(0, -math.floor(math.log10(step)))
    return round(math.floor(low / step) * step, places), round(math.ceil(high / step) * step, places)
