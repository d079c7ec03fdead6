"""What a process keeps of what was freed; the garbage collector does not look through libraries again and again."""

import gc
import subprocess
import sys
import types

import pytest

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


THREADS_WITH_TEXTS = """
import threading
import pandas as pd, psutil
from core.base.memory import give_back_freed_memory

give_back_freed_memory()
made = threading.Barrier(20)

def make_texts():
    texts = pd.Series([f"text {number}" for number in range(100)])
    made.wait()
    assert len(texts.str.upper().value_counts()) == 100

one = threading.Thread(target=lambda: pd.Series(["text"]).str.upper().value_counts())
one.start(), one.join()
before = psutil.Process().memory_info().rss
threads = [threading.Thread(target=make_texts) for _ in range(20)]
[each.start() for each in threads], [each.join() for each in threads]
print(psutil.Process().memory_info().rss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what is freed goes back to the system on Linux alone")
def test_threads_that_have_made_texts_keep_nothing() -> None:
    """Each page is drawn by a thread; Arrow's own allocator kept some 4 MB for each, 80 MB for twenty tabs."""
    told = subprocess.run([sys.executable, "-c", THREADS_WITH_TEXTS], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 5_000_000
