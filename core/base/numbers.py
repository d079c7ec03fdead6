"""Types of numbers in what people and files give: true and false are none, although Python counts with them."""

from typing import Annotated, Any

from pydantic import BeforeValidator


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("Input should be a number, not true or false")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth_value)]
Number = Annotated[float, BeforeValidator(_no_truth_value)]
