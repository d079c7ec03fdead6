"""What a JSON file says as a data class, checked: nothing of another type goes on into pages and processes."""

import contextlib
import dataclasses
import math
import types
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
LARGEST_WHOLE = 2**63 - 1
"""What tables and databases take as a whole number."""

Time = Annotated[float, (0.0, 9e9)]
"""Seconds since the epoch, up to the year 2255; tables hold no later one."""


def read_as(kind: type[T], value: Any) -> T:
    """A value of JSON as a data class, from the fields that it knows; those that are missing take their defaults.

    Of the types of fields it knows those that statuses and results are made of: numbers (finite ones), texts, enums,
    tuples, dictionaries, optional ones, and data classes in them, by their `from_json` where they have one.

    Raises:
        ValueError: it is no object, lacks a field that has no default, or one has a value of another type.
    """
    return _converted(kind, value, kind.__name__)


def fields_as(kind: Any, value: Any) -> dict[str, Any]:
    """The fields that `read_as` makes a data class from.

    Raises:
        ValueError: as `read_as`.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{kind.__name__} is not a JSON object.")
    hints = _hints(kind)
    fields = {}
    for field in dataclasses.fields(kind):
        if field.name in value:
            fields[field.name] = _converted(hints[field.name], value[field.name], field.name)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{kind.__name__} lacks {field.name}.")
    return fields


@lru_cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _converted(kind: Any, value: Any, name: str) -> Any:
    if kind is Any:
        return value
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is None and isinstance(kind, type):
        return _plain(kind, value, name)
    if origin is Annotated:
        low, high = kind.__metadata__[0]
        number = _converted(arguments[0], value, name)
        if not low <= number <= high:
            raise ValueError(f"{name} is {number!r}, not from {low:g} to {high:g}.")
        return number
    if origin in (Union, types.UnionType):
        return _one_of(arguments, value, name)
    if origin is tuple and isinstance(value, list | tuple):
        if arguments[-1] is Ellipsis:
            return tuple(_converted(arguments[0], each, name) for each in value)
        if len(arguments) == len(value):
            return tuple(_converted(each, one, name) for each, one in zip(arguments, value, strict=True))
    if origin is dict and isinstance(value, dict):
        return {str(key): _converted(arguments[1], each, name) for key, each in value.items()}
    raise ValueError(f"{name} has a value of another type: {value!r:.80}.")


def _one_of(kinds: tuple[Any, ...], value: Any, name: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    *others, last = (kind for kind in kinds if kind is not type(None))
    for kind in others:
        try:
            return _converted(kind, value, name)
        except ValueError:
            continue
    return _converted(last, value, name)


def _plain(kind: type, value: Any, name: str) -> Any:
    if kind is str and type(value) is str:
        return value
    if issubclass(kind, Enum):
        return kind(value)
    if dataclasses.is_dataclass(kind):
        return kind.from_json(value) if hasattr(kind, "from_json") else kind(**fields_as(kind, value))
    if kind is float and type(value) in (int, float):
        with contextlib.suppress(OverflowError):
            if math.isfinite(number := float(value)):
                return number
    elif kind is int and type(value) in (int, float):  # a bool is an int to Python, but no number to anybody else
        if value == value // 1 and abs(value) <= LARGEST_WHOLE:
            return int(value)
    elif type(value) is kind:
        return value
    raise ValueError(f"{name} has a value of another type: {value!r:.80}.")
