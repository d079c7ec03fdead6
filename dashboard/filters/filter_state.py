"""The one owner of what is filtered: widgets, clicks on charts, links and the address read and change it here.

Streamlit's own `bind="query-params"` is used wherever an address may hold what a widget shows. Filters are not among
these: their pills show names from files as escaped Markdown, and an address holds keys, which stay the same when a
class is called otherwise; and each data set has filters of its own, which come back when it is chosen again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import streamlit as st

from core.data.spec import DatasetSpec
from dashboard.filters import filter_address
from dashboard.filters.facets import Facet, age_span, facets_of
from dashboard.filters.filters import Filters, UnknownAge
from dashboard.state.arrival import arrival

_ADDRESSED = "filters-in-address"
"""Where the session keeps of which data set the address told filters last."""


@dataclass(frozen=True)
class _Kept:
    """What a session keeps for a data set: its filters, how an address says them, and what it said when last shown."""

    filters: Filters = field(default_factory=Filters)
    stated: Mapping[str, list[str]] = field(default_factory=dict)
    shown: Mapping[str, list[str]] | None = None


def to_address_of(dataset: str) -> dict[str, list[str]]:
    """Parameters to change in the address of a filtered page when a data set is chosen.

    They say its filters as they were left, and take away (an empty list) those of the data set shown before.
    """
    before = st.session_state.get(_ADDRESSED, dataset)
    return {**{name: [] for name in _kept_of(before).shown or ()}, **_kept_of(dataset).stated}


def _kept_of(dataset: str) -> _Kept:
    return st.session_state.get(_key_of(dataset), _Kept())


def _key_of(dataset: str) -> str:
    return f"filters-of-{dataset}"


@dataclass(frozen=True)
class FilterState:
    """The filters of one data set in one session.

    Args:
        table: tidy metadata of the whole data set, plain or encoded (`core.data.statistics.counts.encode`).
        spec: its specification.
    """

    table: pd.DataFrame
    spec: DatasetSpec
    facets: list[Facet] = field(init=False)
    age_span: tuple[int, int] | None = field(init=False)

    def __post_init__(self) -> None:
        """Find out what can be filtered."""
        object.__setattr__(self, "facets", facets_of(self.table))
        object.__setattr__(self, "age_span", age_span(self.table["age"]))

    @property
    def filters(self) -> Filters:
        """What is asked for now."""
        return self._kept.filters

    def write(self, filters: Filters) -> None:
        """Ask for something else; widgets and address show it when the page is drawn next."""
        stated = filter_address.to_address(filters, self.facets)
        st.session_state[_key_of(self.spec.name)] = replace(self._kept, filters=filters, stated=stated)

    def reset(self) -> None:
        """Ask for nothing."""
        self.write(Filters())

    def choose(self, facet: Facet, values: Iterable[str]) -> None:
        """Ask for other values in a facet; none means all."""
        self.write(self.filters.with_chosen(facet, values))

    def narrow(self, facet: Facet, numbers: tuple[float, float] | None) -> None:
        """Ask for another range in a column of numbers; None means all."""
        self.write(self.filters.with_range(facet, numbers))

    def choose_ages(self, ages: tuple[float, float] | None, unknown: UnknownAge) -> None:
        """Ask for ages in completed years, None for all, and say what becomes of images without an age."""
        self.write(replace(self.filters, ages=None if ages == self.age_span else ages, unknown_age=unknown))

    def widget(self, name: str, value: Any) -> str:
        """Key of the widget of this name, which shows a value from now on; for what is chosen in it, see its callback.

        It is set only where it shows another one: what a person clicks while a page is drawn is then not undone.
        """
        key = f"filter-{self.spec.name}-{name}"
        shown = st.session_state.get(key)
        if key not in st.session_state or _as_set(shown) != _as_set(value):
            st.session_state[key] = value
        return key

    def to_address(self) -> dict[str, list[str]]:
        """Parameters that say what is asked for, for the address of this page and for links to others."""
        return filter_address.to_address(self.filters, self.facets)

    def from_address(self, stated: Mapping[str, list[str]]) -> tuple[Filters, list[str]]:
        """Filters from the parameters of an address, and the names of what was ignored in it."""
        return filter_address.from_address(stated, self.table, self.spec, self.facets)

    def read_address(self) -> list[str]:
        """Take over what the address asks for if that is something new; the names of what was ignored in it.

        Who comes from another page, or chooses another data set, finds the filters of the data set as they were left,
        unless a link asks for others. On the same page the address changes nothing that a click has overtaken: a
        browser sends a quick second click with the address it had before the first.
        """
        here, addressed = st.session_state.get(_ADDRESSED, self.spec.name) == self.spec.name, arrival()
        stated = {name: st.query_params.get_all(name) for name in self._parameters()}
        stated = {name: values for name, values in stated.items() if values}
        if addressed.new_page:
            new = bool(stated) and addressed.addressed
        elif not here:
            new = False  # the address still tells of the data set that was shown before
        else:
            shown = self._kept.shown
            overtaken = shown is not None and self.to_address() != shown
            new = stated != shown and not overtaken and bool(stated or addressed.addressed)
        # Without anything new, what is kept is looked at in the same way: the files may have changed since.
        filters, ignored = self.from_address(stated if new else self.to_address())
        if filters != self.filters:
            self.write(filters)
        return ignored if new else []

    def write_address(self) -> None:
        """Let the address say what is asked for; parameters of others stay as they are."""
        stated = self.to_address()
        now = {name: st.query_params.get_all(name) for name in self._parameters()}
        st.session_state[_key_of(self.spec.name)] = replace(self._kept, shown=stated)
        st.session_state[_ADDRESSED] = self.spec.name
        if now != stated:
            st.query_params.update({**{name: [] for name in now}, **stated})

    def _parameters(self) -> list[str]:
        return filter_address.ours(st.query_params, self.facets)

    @property
    def _kept(self) -> _Kept:
        return _kept_of(self.spec.name)


def _as_set(value: Any) -> Any:
    """A value to compare: the order in which pills were clicked means nothing."""
    return frozenset(value) if isinstance(value, list) else value
