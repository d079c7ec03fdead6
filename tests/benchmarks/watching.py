"""Browser tabs without browsers: they speak Streamlit's protocol, rerun what asks for it, and note when lines arrive.

Run as a script with the server's port, the seconds to watch and the ids of runs, one tab each, it prints as JSON how
many seconds after it was written each metric line was in a tab.
"""

import asyncio
import io
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.runs.folder import runs_folder

SETTLED_SECONDS = 3.0
"""Only lines written so long after every tab has its first chart count; until then pages are being opened."""


@dataclass
class Tab:
    """One tab that shows one run."""

    port: int
    run_id: str
    arrived: dict[float, float] = field(default_factory=dict)
    """When the chart of the loss first reached so far, by epoch with its fraction."""
    bytes_received: int = 0
    _page: str = ""
    _kept: set[str] = field(default_factory=set)
    _timers: dict[str, asyncio.Task] = field(default_factory=dict)

    async def watch(self, seconds: float) -> None:
        """Open the page and let it live."""
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        async with websockets.connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=120) as socket:
            await self._rerun(socket)
            try:
                async with asyncio.timeout(seconds):
                    async for content in socket:
                        self.bytes_received += len(content)
                        await self._take(socket, ForwardMsg.FromString(content))
            except TimeoutError:
                pass
            finally:
                for timer in self._timers.values():
                    timer.cancel()

    async def _rerun(self, socket, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = f"run={self.run_id}", "" if self._page else "runs"
        state.page_script_hash, state.fragment_id, state.is_auto_rerun = self._page, fragment, bool(fragment)
        state.cached_message_hashes.extend(self._kept)
        await socket.send(message.SerializeToString())

    async def _take(self, socket, message: ForwardMsg) -> None:
        if message.metadata.cacheable and message.hash:
            self._kept.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self._forget_timers()
        elif kind == "auto_rerun":
            fragment, interval = message.auto_rerun.fragment_id, message.auto_rerun.interval
            if fragment not in self._timers:
                self._timers[fragment] = asyncio.create_task(self._repeat(socket, fragment, interval))
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "vega_lite_chart":
            self._note(message.delta.new_element.vega_lite_chart)

    async def _repeat(self, socket, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._rerun(socket, fragment)

    def _forget_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _note(self, chart) -> None:
        if '"Loss"' not in chart.spec[:400]:
            return
        data = chart.data.data or chart.datasets[0].data.data
        table = pyarrow.ipc.open_stream(io.BytesIO(data)).read_all()
        reached = max(table["epoch"].to_pylist(), default=0.0)
        self.arrived.setdefault(round(reached, 6), time.time())

    def lags(self, since: float) -> list[float]:
        """Seconds from each line written after `since` to the message that carried it."""
        lines = [json.loads(line) for line in (runs_folder() / self.run_id / "metrics.jsonl").open()]
        written = [(line["epoch"] + line["step"] / line["steps"], line["time"]) for line in lines if "step" in line]
        marks = sorted(self.arrived.items())
        found = []
        for reached, at in written:
            carried = next((when for mark, when in marks if mark >= round(reached, 6)), None)
            if carried is not None and at > since:
                found.append(carried - at)
        return found


async def watch_all(port: int, seconds: float, run_ids: Sequence[str]) -> list[Tab]:
    """Watch runs, one tab each, opened one after the other within a few seconds as people do."""
    tabs = [Tab(port, run_id) for run_id in run_ids]
    tasks = []
    for tab in tabs:
        tasks.append(asyncio.create_task(tab.watch(seconds)))
        await asyncio.sleep(0.137)
    await asyncio.gather(*tasks)
    return tabs


if __name__ == "__main__":
    opened = asyncio.run(watch_all(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
    settled = max(min(tab.arrived.values(), default=0.0) for tab in opened) + SETTLED_SECONDS
    lags = [tab.lags(settled) for tab in opened]
    told = {
        "lags": [lag for of in lags for lag in of],
        "without": lags.count([]),
        "bytes": sum(tab.bytes_received for tab in opened),
    }
    json.dump(told, sys.stdout)
