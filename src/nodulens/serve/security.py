"""Who may ask: the guard before everything else.

It is for a server on a desk: web pages of others that are open in the same browser must not reach
it, by a name that they let point here (DNS rebinding) or by forms that they send here; nobody else
on the network without the token; and nothing that it shows may load or run anything of others.
"""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nodulens.serve.problems import Refusal
from nodulens.serve.settings import Settings, is_loopback

COOKIE = "nodulens-session"
OPEN = {"/", "/api/session", "/api/health"}
"""Addresses that tell nobody anything of patients, and need no token."""
_OPEN_BELOW = "/assets/"
"""Nor do those that begin like this: what the page is made of."""
_MOST, _MOST_OPEN = 64 * 2**20, 64 * 2**10
"""Bytes of a request's body, with the token and without: a mask has 40 MB at most."""
_SAFE = {"GET", "HEAD", "OPTIONS"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Checks Host, origin and token of each request, and says in each answer what a page may do.

    Args:
        app: that answers.
        settings: names of the server, and its token.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse, a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                # Pictures of patients are for no cache but the browser's own, and only if said.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._judge(scope)
        if refusal is not None:
            await refusal.answer()(scope, receive, send_safely)
            return
        # Uploads have limits of their own.
        is_upload = scope["path"] == "/api/studies"
        most = _MOST_OPEN if scope["path"] in OPEN else _MOST
        await self._app(scope, receive if is_upload else _limited(receive, most), send_safely)

    def _judge(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_own(host):
            return Refusal(
                400,
                "the Host header does not name this server",
                "open it under the address that it printed, or start it with --allow-host",
            )
        origin = headers.get("origin")
        foreign = origin is not None and origin.partition("://")[2] != host
        foreign |= headers.get("sec-fetch-site", "same-origin") in ("cross-site", "same-site")
        if foreign and scope["method"] not in _SAFE:
            return Refusal(403, "the request comes from another site", "use the server's own page")
        is_open = scope["path"] in OPEN or scope["path"].startswith(_OPEN_BELOW)
        if self._settings.token is None or is_open or self._is_known(headers):
            return None
        return Refusal(
            401,
            "the token is missing or wrong",
            "send it as the header Authorization: Bearer TOKEN, or open a session at /api/session",
        )

    def _is_own(self, host: str) -> bool:
        name = host_name(host)
        settings = self._settings
        if name is None:
            return False
        if name in (settings.host.strip("[]").casefold(), *map(str.casefold, settings.hosts)):
            return True
        return is_loopback(name)

    def _is_known(self, headers: Headers) -> bool:
        token = self._settings.token
        assert token is not None
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.casefold() == "bearer" and is_token(given.strip(), token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(
            cookie.value.encode("utf-8", "replace"), session_of(token).encode()
        )


def _limited(receive: Receive, most: int) -> Receive:
    """Return what receives a request, and refuses it once its body is larger than it may be."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413, f"the request is larger than {most} bytes; send less at once")
        return message

    return receive_some


def host_name(host: str) -> str | None:
    """Return the name in a Host header, without the port; None if it is no such header."""
    name, colon, port = host.rpartition(":")
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        fine = bool(bracket) and (not rest or (rest[0] == ":" and rest[1:].isdecimal()))
        return name.casefold() if fine else None
    if not colon:
        name, port = host, "0"
    return name.casefold() if name and ":" not in name and port.isdecimal() else None


def is_token(given: str, token: str) -> bool:
    """Whether somebody knows the token, in a time that does not tell how nearly."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode("utf-8", "replace"))


def session_of(token: str) -> str:
    """Return what the cookie of a session holds: it is not the token, and dies with it."""
    return hmac.new(token.encode(), b"nodulens session", hashlib.sha256).hexdigest()
