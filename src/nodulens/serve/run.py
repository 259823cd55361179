"""Listen, and serve until told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from nodulens.errors import NodulensError
from nodulens.serve.app import create_app
from nodulens.serve.settings import Settings
from nodulens.serve.store import Store

_MOST_CONNECTIONS = 200
_GRACE = 3
"""Seconds that open answers get when the server stops."""


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        settings: how.
        ready: called with the address once requests are answered.

    Raises:
        NodulensError: the port is taken, the folder is in use, or a model is not there.
    """
    with listen(settings.host, settings.port) as listening:
        store = Store(settings.data)
        try:
            with store.alone():
                config = uvicorn.Config(
                    create_app(settings, store),
                    log_level="warning",
                    access_log=False,
                    server_header=False,
                    limit_concurrency=_MOST_CONNECTIONS,
                    timeout_graceful_shutdown=_GRACE,
                )
                _Server(config, lambda: ready(address_of(settings.host, listening))).run(
                    [listening]
                )
        finally:
            store.close()


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Raises:
        NodulensError: it is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise NodulensError(
            f"{host}:{port}: cannot listen there ({error.strerror or error}); give another --port, "
            "or 0 for any that is free"
        ) from error
    # Connections inherit it. Without, the end of each answer waits 40 ms for the client's word
    # that the beginning arrived.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address_of(host: str, listening: socket.socket) -> str:
    """Return the address that a browser is to open."""
    port = listening.getsockname()[1]
    name = host.strip("[]")
    if name in ("0.0.0.0", "::"):
        name = "127.0.0.1"
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"
