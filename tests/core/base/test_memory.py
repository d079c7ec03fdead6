"""The garbage collector does not look through libraries again and again."""

import gc
import sys
import types

from core.base import memory
from core.base.memory import collect_only_what_is_new


def test_what_is_there_when_modules_were_imported_is_passed_over_and_what_came_later_is_collected(monkeypatch) -> None:
    held = [[number] for number in range(10_000)]
    monkeypatch.setattr(memory, "_looked_through", len(sys.modules))
    monkeypatch.setitem(sys.modules, "a_module_imported_just_now", types.ModuleType("a_module_imported_just_now"))
    collect_only_what_is_new()
    frozen = gc.get_freeze_count()
    assert frozen >= len(held)
    assert len(gc.get_objects()) < frozen
    collect_only_what_is_new()
    assert gc.get_freeze_count() <= frozen, "without a new module nothing is passed over in addition"
    circle: list = []
    circle.append(circle)
    del circle
    assert gc.collect() >= 1
