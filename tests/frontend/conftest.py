"""The built assets, and a Chromium page on a loopback server that shows our macros with our own reference data."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from altcha import create_challenge
from playwright.sync_api import Browser, Page, sync_playwright

from events_app.frontend.hatch_build import build_assets
from events_app.kit.http.protection import CONTENT_SECURITY_POLICY
from events_app.kit.templates import environment
from events_app.reference.occupations import search_occupations
from events_app.reference.regions import district, postcode

ROOT = Path(__file__).parents[2]
DIST = ROOT / "events_app/static/dist"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
POW_SECRET = "proof-of-work-secret-of-the-tests"
PAGE = """
{% extends "base.html" %}
{% from "macros/ui.html" import button %}
{% from "macros/forms.html" import field, occupation_field, postcode_field, repeat, repeat_row %}
{% block title %}Form{% endblock %}
{% block scripts %}<script type="module" src="{{ asset("register.js") }}"></script>{% endblock %}
{% block head %}<script type="application/ld+json">{"@type": "Event"}</script>{% endblock %}
{% macro person(index) %}{{ field("attendees." ~ index ~ ".name", "Name", attrs={"data-person": true}) }}{% endmacro %}
{% block main %}
<form class="form" method="post" action="/sent" data-pow="/pow/challenge" data-keep data-once novalidate>
  {{ postcode_field("postcode", "Postcode", "district") }}
  {{ occupation_field("occupation", "Occupation") }}
  {% call repeat("attendees", "Add a person", 3) %}
  {% call repeat_row("attendees", 0, "Person", removable=False) %}{{ person(0) }}{% endcall %}
  <template data-repeat="attendees">
  {% call repeat_row("attendees", "__index__", "Person") %}{{ person("__index__") }}{% endcall %}
  </template>
  {% endcall %}
  {{ button("Send", "primary", attrs={"id": "send"}) }}
</form>
{% endblock %}
"""
ARRIVED = '{% extends "base.html" %}{% block title %}Sent{% endblock %}'


@pytest.fixture(scope="session")
def built() -> Path:
    """`static/dist`, built from the sources as they are now."""
    build_assets(ROOT)
    return DIST


class Handler(BaseHTTPRequestHandler):
    """Pages and answers in the API's shapes, from the same functions that the app's own handlers call."""

    posted: list[dict[str, list[str]]] = []

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        folder, _, name = path.rpartition("/")
        if folder == "/static":
            return self.answer((DIST / name).read_bytes(), TYPES.get(Path(name).suffix, "application/octet-stream"))
        if folder == "/reference/postcodes":
            return self.json([_place(found.ags, found.place) for found in postcode(name)])
        if path == "/reference/occupations":
            return self.json([{"id": one.id, "name": one.name_de} for one in search_occupations(query["q"][0])])
        if path == "/pow/challenge":
            challenge = create_challenge("PBKDF2/SHA-256", 500, key_prefix="0", hmac_secret=POW_SECRET)
            return self.json(challenge.to_dict())
        html = environment("en").from_string(PAGE).render(request_path=path)
        return self.answer(html.encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.posted.append(parse_qs(body, keep_blank_values=True))
        arrived = environment("en").from_string(ARRIVED).render(request_path="/sent")
        self.answer(arrived.encode(), "text/html; charset=utf-8")

    def json(self, value: object) -> None:
        self.answer(json.dumps(value).encode(), "application/json")

    def answer(self, body: bytes, media_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.end_headers()
        self.wfile.write(body)


def _place(ags: str, place: str) -> dict[str, str]:
    found = district(ags)
    assert found is not None
    return {"place": place, "district": ags, "district_name": found.name_de}


@contextmanager
def _serving() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/form"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def posted() -> list[dict[str, list[str]]]:
    """The forms that were sent since the page was opened."""
    return Handler.posted


@pytest.fixture
def pow_secret() -> str:
    return POW_SECRET


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for a module: while it is open, the thread's event loop is taken and async tests can't run."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(built: Path, browser: Browser) -> Iterator[Page]:
    """The form in a fresh profile; whatever the security policy or a script objects to fails the test."""
    complaints: list[str] = []
    Handler.posted.clear()
    with _serving() as address, browser.new_context(locale="en-GB") as context:
        shown = context.new_page()
        shown.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.goto(address)
        yield shown
    assert complaints == []
