from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from threading import Thread

import httpx
import uvicorn
from litestar.types import Receive, Scope, Send

from events_app.kit.http.head import head_as_get

TEXT = b"x" * 5000


async def says_text(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    assert scope["method"] == "GET"
    length = (b"content-length", str(len(TEXT)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": TEXT, "more_body": False})


@contextlib.contextmanager
def serving() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(head_as_get(says_text), http="httptools", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


def test_head_says_the_length_of_what_get_sends_and_keeps_the_connection() -> None:
    with serving() as url, httpx.Client() as client:
        heads = [client.head(url) for _ in range(3)]
        got = client.get(url)
        assert [(one.status_code, one.headers["content-length"], one.content) for one in heads] == [
            (200, str(len(TEXT)), b"")
        ] * 3
        assert got.content == TEXT
        ports = {one.extensions["network_stream"].get_extra_info("client_addr") for one in heads}
        assert len(ports) == 1
