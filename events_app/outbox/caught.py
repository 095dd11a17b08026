"""Caught mails: `.eml` files in a folder, read for people who look at them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

MOST = 200
_NAME = re.compile(r"(\d{8}T\d{6}\.\d{6})Z-[0-9a-f]{8}")
_ARRIVAL = "%Y%m%dT%H%M%S.%f"


@dataclass(frozen=True)
class Caught:
    """A mail in a list; `name` is its file's without `.eml`."""

    name: str
    arrived_at: datetime
    recipient: str
    subject: str
    kind: str


@dataclass(frozen=True)
class Part:
    """A file in a mail; `index` counts them from 0."""

    index: int
    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Opened:
    """A mail taken apart. `html` brings its pictures along; `calendar` is what calendars act upon."""

    head: Caught
    headers: Sequence[tuple[str, str]]
    text: str
    html: str
    calendar: str
    parts: Sequence[Part]


def newest(folder: Path) -> Sequence[Caught]:
    """The latest mails, newest first."""
    names = sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)
    return [_head(folder, name) for name in names[:MOST]]


def content_of(folder: Path, name: str) -> bytes | None:
    """The mail as it was sent; None if there is none of that name."""
    path = folder / f"{name}.eml"
    return path.read_bytes() if _NAME.fullmatch(name) and path.is_file() else None


def opened(folder: Path, name: str) -> Opened | None:
    content = content_of(folder, name)
    if content is None:
        return None
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what the policy makes
    return Opened(
        head=_head(folder, name),
        headers=[(header, str(value)) for header, value in message.items()],
        text=_text(message, "text/plain"),
        html=_with_pictures(_text(message, "text/html"), message),
        calendar=_text(message, "text/calendar"),
        parts=_parts(message),
    )


def _head(folder: Path, name: str) -> Caught:
    with (folder / f"{name}.eml").open("rb") as file:
        headers = BytesParser(policy=default).parse(file, headersonly=True)
    arrival = _NAME.fullmatch(name)
    return Caught(
        name=name,
        arrived_at=datetime.strptime(arrival[1] if arrival else "", _ARRIVAL).replace(tzinfo=UTC),
        recipient=str(headers["To"] or ""),
        subject=str(headers["Subject"] or ""),
        kind=str(headers["X-Clustertreff-Mail"] or ""),
    )


def _text(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and not part.is_attachment():
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def _with_pictures(html: str, message: EmailMessage) -> str:
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if part["Content-ID"] and isinstance(payload, bytes):
            picture = f"data:{part.get_content_type()};base64,{b64encode(payload).decode()}"
            html = html.replace(f"cid:{str(part['Content-ID']).strip('<>')}", picture)
    return html


def _parts(message: EmailMessage) -> Sequence[Part]:
    files = [part for part in message.walk() if part.is_attachment()]
    return [
        Part(index, part.get_filename() or "?", part.get_content_type(), payload)
        for index, part in enumerate(files)
        if isinstance(payload := part.get_payload(decode=True), bytes)
    ]
