"""A letter as the bytes that go over the wire: plain text, HTML with its pictures, an invitation, attachments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Literal

from events_app.kit.text import one_line


@dataclass(frozen=True)
class Image:
    """A picture shown inside the HTML as `<img src="cid:{name}">`."""

    name: str
    content: bytes
    subtype: str = "png"


@dataclass(frozen=True)
class Attachment:
    """A file; `kind` is its media type, as `application/pdf`."""

    name: str
    content: bytes
    kind: str


@dataclass(frozen=True)
class Invitation:
    """An iCalendar object that calendars act upon; `method` equals its METHOD."""

    method: Literal["REQUEST", "CANCEL"]
    text: str


@dataclass(frozen=True)
class Letter:
    """What a composer writes. `reply_to` is (name, address); an unusable address is left out."""

    subject: str
    text: str
    html: str
    images: tuple[Image, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    invitation: Invitation | None = None
    reply_to: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Envelope:
    """What every mail has besides its letter."""

    sender: str
    recipient: str
    message_id: str
    date: datetime
    kind: str
    language: str


def message_bytes(letter: Letter, envelope: Envelope) -> bytes:
    """The mail with CRLF line ends, lines of at most 998 octets, 7-bit (unless the recipient's address is not)."""
    message = message_of(letter, envelope)
    return message.as_bytes(policy=SMTP if envelope.recipient.isascii() else SMTPUTF8)


def message_of(letter: Letter, envelope: Envelope) -> EmailMessage:
    """`mixed(alternative(plain, related(html, pictures), calendar), attachments)`, only as deep as needed."""
    message = EmailMessage(policy=SMTP)
    _add_headers(message, letter, envelope)
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    _add_images(message, letter.images)
    if letter.invitation:
        _add_invitation(message, letter.invitation)
    for attachment in letter.attachments:
        maintype, _, subtype = attachment.kind.partition("/")
        message.add_attachment(
            attachment.content,
            maintype=maintype,
            subtype=subtype,
            filename=attachment.name,
        )
    message["Content-Language"] = envelope.language  # last: setting content drops what is said about content
    return message


def _add_headers(message: EmailMessage, letter: Letter, envelope: Envelope) -> None:
    name, address = parseaddr(envelope.sender)
    message["From"] = Address(one_line(name), addr_spec=address)
    message["To"] = one_line(envelope.recipient)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(envelope.date)
    message["Message-ID"] = envelope.message_id
    if answers_to := _address(letter.reply_to):
        message["Reply-To"] = answers_to
    message["Auto-Submitted"] = "auto-generated"
    message["X-Clustertreff-Mail"] = envelope.kind
    for header, value in letter.headers.items():
        message[header] = one_line(value)


def _address(person: tuple[str, str] | None) -> Address | None:
    if person is None:
        return None
    try:
        return Address(one_line(person[0]), addr_spec=one_line(person[1]))
    except (ValueError, HeaderParseError, IndexError):  # what the standard library raises for a text that is none
        return None


def _add_images(message: EmailMessage, images: Sequence[Image]) -> None:
    html = list(message.iter_parts())[1]
    for image in images:
        html.add_related(
            image.content,
            maintype="image",
            subtype=image.subtype,
            cid=f"<{image.name}>",
            filename=f"{image.name}.{image.subtype}",
            disposition="inline",
        )


def _add_invitation(message: EmailMessage, invitation: Invitation) -> None:
    message.add_alternative(
        invitation.text.encode(),
        maintype="text",
        subtype="calendar",
        params={"charset": "utf-8", "method": invitation.method},
    )
