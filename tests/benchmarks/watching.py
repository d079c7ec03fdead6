"""Browser tabs without browsers: they open the page by Streamlit's protocol and then ask as its script does.

Run as a script with the server's port, the seconds to watch and the ids of runs, one tab each, it prints as JSON how
many seconds after it was written each metric line was in a tab.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from core.runs.run_folder import runs_folder

SETTLED_SECONDS = 3.0
"""Only lines written so long after every tab has its first chart count; until then pages are being opened."""


@dataclass
class Tab:
    """One tab that shows one run."""

    port: int
    run_id: str
    arrived: dict[float, float] = field(default_factory=dict)
    """When the curves first reached so far, by epoch with its fraction."""
    bytes_received: int = 0
    pages: int = 0
    """How often the page was drawn."""
    _known: dict[str, str | float] = field(default_factory=dict)
    _listed: str = ""

    async def watch(self, seconds: float) -> None:
        """Open the page and let it live."""
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        async with websockets.connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=120) as socket:
            await self._rerun(socket)
            parts = asyncio.Event()
            asking = asyncio.create_task(self._ask_on(socket, parts))
            try:
                async with asyncio.timeout(seconds):
                    async for content in socket:
                        self.bytes_received += len(content)
                        self._take(ForwardMsg.FromString(content), parts)
            except TimeoutError:
                pass
            finally:
                asking.cancel()

    async def _rerun(self, socket) -> None:
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_name = f"run={self.run_id}", "runs"
        self.pages += 1
        await socket.send(message.SerializeToString())

    def _take(self, message: ForwardMsg, parts: asyncio.Event) -> None:
        if message.WhichOneof("type") != "delta" or not message.delta.new_element.HasField("bidi_component"):
            return
        asked = json.loads(message.delta.new_element.bidi_component.json)
        if asked["part"] == "run":
            self._listed = asked["listed"]
            parts.set()

    async def _ask_on(self, socket, parts: asyncio.Event) -> None:
        """Ask every second, and have the page drawn anew when its list is another, as `live/feed.js` does."""
        await parts.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while True:
            began = time.monotonic()
            told = await self._ask(reader, writer)
            if told["listed"] != self._listed:
                await self._rerun(socket)
            await asyncio.sleep(max(1.0 - (time.monotonic() - began), 0))

    async def _ask(self, reader, writer) -> dict:
        path = f"/api/runs/{self.run_id}/live?{urlencode(self._known)}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        assert " 200 " in status, status
        self.bytes_received += len(head) + len(body)
        told = json.loads(body)
        reached = max((line["at"] for line in (*told["batches"], *told["epochs"])), default=None)
        if reached is not None:
            self.arrived.setdefault(round(reached, 6), time.time())
        batch = told["batches"][-1]["at"] if told["batches"] else self._known.get("batch", -1.0)
        facts = told["facts"]["version"] if "facts" in told else self._known["facts"]
        epochs = told["start"] + len(told["epochs"])
        self._known = {"telling": told["telling"], "epochs": epochs, "batch": batch, "facts": facts}
        return told

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
        "pages": sum(tab.pages for tab in opened),
        "bytes": sum(tab.bytes_received for tab in opened),
    }
    json.dump(told, sys.stdout)
