"""Requests of tests to servers on loopback: `httpx` without TLS, whose certificates take longer to read than most of
these servers to answer."""

from functools import partial

import httpx

SECONDS = 120
"""For an answer, where a test does not say otherwise: httpx alone waits for five, and machines that test are busy."""

get = partial(httpx.get, verify=False, timeout=SECONDS)
put = partial(httpx.put, verify=False, timeout=SECONDS)
request = partial(httpx.request, verify=False, timeout=SECONDS)
Client = partial(httpx.Client, verify=False, timeout=SECONDS)
