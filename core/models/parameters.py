"""Parameters that can be chosen: of a model's own structure, and of whatever else a search may vary."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.base.errors import ConfigurationError
from core.base.numbers import Number

Value = int | float | str | bool
Kind = Literal["int", "float", "choice", "bool"]
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One parameter: what it may be and what it is unless somebody chooses.

    Numbers lie from `low` to `high`, both included, in steps of `step` counted from `low`; a step of None (numbers
    with a fraction only) means any number between. `log` says that its order of magnitude is what matters. A choice
    is one of `choices`, all of one type.
    """

    name: str
    kind: Kind
    default: Value
    meaning: str
    low: Number | None = None
    high: Number | None = None
    step: Number | None = None
    log: bool = False
    choices: tuple[Value, ...] = ()

    def checked(self, value: Any) -> Value:
        """The value in the type of the parameter; text, as typed in a command, is understood.

        Raises:
            ConfigurationError: names the parameter and what it may be.
        """
        try:
            if self.kind == "bool":
                found: Value = value if isinstance(value, bool) else _WORDS[str(value).lower()]
            elif self.kind == "choice":
                found = next(choice for choice in self.choices if str(choice) == str(value))
            else:
                found = self._number(value)
        except (KeyError, StopIteration, ValueError, TypeError, OverflowError):
            raise ConfigurationError(f"{self.name}: allowed is {self.range}; {value!r} was asked for.") from None
        return found

    @property
    def range(self) -> str:
        """What it may be, in words."""
        if self.kind == "bool":
            return "true or false"
        if self.kind == "choice":
            return f"one of {', '.join(map(str, self.choices))}"
        steps = f" in steps of {self.step:g}" if self.step else ""
        low, high = self.ends
        return f"{'a whole number' if self.kind == 'int' else 'a number'} from {low:g} to {high:g}{steps}"

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest number; a choice has none."""
        if self.low is None or self.high is None:
            raise TypeError(f"{self.name} is no number between two ends.")
        return self.low, self.high

    @property
    def values(self) -> tuple[Value, ...] | None:
        """Everything that it may be, in order; None for a number without steps."""
        if self.kind == "bool":
            return (False, True)
        if self.kind == "choice":
            return self.choices
        if self.step is None:
            return None
        low, high = self.ends
        steps = round((high - low) / self.step)
        return tuple(self.checked(low + step * self.step) for step in range(steps + 1))

    @property
    def combinations(self) -> float:
        """How many values it can take; infinite for a number without steps."""
        if self.values is None:
            return 1 if self.low == self.high else math.inf
        return len(self.values)

    def narrowed(self, values: tuple[Any, ...] | None = None, low: Any = None, high: Any = None) -> Parameter:
        """The same parameter with a smaller range.

        Args:
            values: the choices that are left, for a choice or a truth value.
            low, high: the ends that are left, for a number; None leaves an end where it is.

        Raises:
            ConfigurationError: nothing would be left, or more than before.
        """
        if self.kind in ("int", "float"):
            if values is not None:
                raise ConfigurationError(f"{self.name}: it is a number; give its range as LOW:HIGH.")
            low = self.ends[0] if low is None else self.checked(low)
            high = self.ends[1] if high is None else self.checked(high)
            if low > high:
                raise ConfigurationError(
                    f"{self.name}: {low:g} to {high:g} is no range; the smaller number comes first."
                )
            default = self.default if low <= self.default <= high else low
            return replace(self, low=low, high=high, default=default)
        if values is None:
            raise ConfigurationError(f"{self.name}: give the values to choose from, separated by commas.")
        left = tuple(dict.fromkeys(self.checked(value) for value in values))
        if not left:
            raise ConfigurationError(f"{self.name}: no value is left to choose from.")
        default = self.default if self.default in left else left[0]
        return replace(self, kind="choice", choices=left, default=default)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {**self.__dict__, "choices": list(self.choices)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Parameter:
        """What `to_json` gave."""
        return cls(**{**value, "choices": tuple(value["choices"])})

    def _number(self, value: Any) -> Value:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
        low, high = self.ends
        if self.step:
            steps = round((number - low) / self.step)
            on_grid = round(low + steps * self.step, 10)
            if abs(number - on_grid) > 1e-6 * self.step:
                raise ValueError
            number = on_grid
        if not low <= number <= high:
            raise ValueError
        return int(number) if self.kind == "int" else number
