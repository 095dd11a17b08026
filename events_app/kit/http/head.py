"""HEAD for every address that has GET (RFC 9110, 9.3.2): link checkers and calendar programs ask that way."""

from __future__ import annotations

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send


def head_as_get(app: ASGIApp) -> ASGIApp:
    """Answer HEAD as GET would be answered, with its headers and without its body."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        if scope["type"] == ScopeType.HTTP and scope["method"] == HttpMethod.HEAD:
            as_get = scope.copy()  # the server looks into its own to know that Content-Length bytes need not follow
            as_get["method"] = HttpMethod.GET.value
            await app(as_get, receive, without_body)
        else:
            await app(scope, receive, send)

    return answer
