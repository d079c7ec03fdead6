"""Many texts in little memory say the same as lists and dictionaries of them."""

import numpy as np
import pandas as pd
import pytest

from core.data.compact_texts import NONE, SEVERAL, Names, Numbers, mapped


@pytest.mark.parametrize("names", [[], ["a.jpg"], ["", "b"], ["ä.png", "b c.jpg", "日本.png"]])
def test_names_of_a_folder_are_as_in_a_list(names: list[str]) -> None:
    kept = Names(names)
    assert list(kept) == names
    assert len(kept) == len(names)
    assert [kept[number] for number in range(len(names))] == names
    assert [kept[-number - 1] for number in range(len(names))] == names[::-1]
    assert kept[1:] == names[1:]
    assert kept[::2] == names[::2]
    assert kept == Names(names)
    assert kept != Names([*names, "x"])
    assert hash(kept) == hash(Names(names))
    with pytest.raises(IndexError):
        kept[len(names)]


def test_a_number_is_found_by_its_key_and_one_of_several_is_said() -> None:
    keys = ["a", "b", "a"]
    hashes = np.array(list(map(hash, keys)))
    numbers, first = Numbers(hashes, range(3)), Numbers(hashes, range(3), first=True)
    assert [numbers.get(key) for key in ("a", "b", "c")] == [SEVERAL, 1, NONE]
    assert [first.get(key) for key in ("a", "b", "c")] == [0, 1, NONE]
    assert first.of(hashes).tolist() == [0, 1, 0]


@pytest.mark.parametrize("texts", [["A", "b", "A", "A"], ["A", "b", "c", None], [None, None, "A", "A"]])
@pytest.mark.parametrize("dtype", ["str", "object"])
def test_each_different_text_is_changed_once(texts: list[str | None], dtype: str) -> None:
    asked: list[str] = []

    def change(text: str) -> str | None:
        asked.append(text)
        return None if text == "b" else text.lower()

    changed = mapped(pd.Series(texts, range(7, 11), dtype=dtype), change)
    assert changed.index.tolist() == [7, 8, 9, 10]
    assert [None if pd.isna(each) else each for each in changed] == [
        None if each in ("b", None) else each.lower() for each in texts
    ]
    assert sorted(asked) == sorted(set(texts) - {None})
