"""Requests of tests to servers on loopback: `httpx` without TLS, whose certificates take longer to read than most of
these servers to answer."""

from functools import partial

import httpx

get = partial(httpx.get, verify=False)
put = partial(httpx.put, verify=False)
request = partial(httpx.request, verify=False)
Client = partial(httpx.Client, verify=False)
