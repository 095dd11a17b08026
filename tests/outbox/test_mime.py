from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.outbox.mime import Attachment, Envelope, Image, Invitation, Letter, message_bytes
from tests.outbox.sink import parsed

ENVELOPE = Envelope(
    sender="Clustertreff <events@example.org>",
    recipient="jonas.beck@example.org",
    message_id="<4a1c@clustertreff.test>",
    date=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    kind="ticket",
    language="de",
)
PLAIN = Letter(subject="Ihr Ticket", text="Grüße aus Halle\n", html="<p>Grüße aus Halle</p>\n")
ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Größe\r\nEND:VCALENDAR\r\n"
FULL = replace(
    PLAIN,
    images=(Image("qr", b"\x89PNG"),),
    attachments=(Attachment("Ticket für Ayşe.pdf", b"%PDF-1.7\n\xff", "application/pdf"),),
    invitation=Invitation("REQUEST", ICS),
    reply_to=("Agentur Süd, Büro", "agentur@example.org"),
)


def types(content: bytes) -> list[str]:
    return [part.get_content_type() for part in parsed(content).walk()]


def test_message_has_the_structure_that_outlook_and_gmail_act_upon() -> None:
    assert types(message_bytes(FULL, ENVELOPE)) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/calendar",
        "application/pdf",
    ]


def test_message_is_no_deeper_than_needed() -> None:
    assert types(message_bytes(PLAIN, ENVELOPE)) == ["multipart/alternative", "text/plain", "text/html"]


def test_message_keeps_every_part_as_it_was_given() -> None:
    html, qr, calendar, pdf = list(parsed(message_bytes(FULL, ENVELOPE)).walk())[4:]
    assert html.get_content().splitlines() == FULL.html.splitlines()
    assert qr.get_content() == b"\x89PNG"
    assert qr["Content-ID"] == "<qr>"
    assert calendar.get_payload(decode=True) == ICS.encode()
    assert dict(calendar["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST"}
    assert pdf.get_filename() == "Ticket für Ayşe.pdf"
    assert pdf.get_content() == b"%PDF-1.7\n\xff"


def test_message_says_who_writes_to_whom_and_that_a_machine_did() -> None:
    message = parsed(message_bytes(FULL, ENVELOPE))
    assert {name: str(message[name]) for name in message if name not in {"MIME-Version", "Content-Type"}} == {
        "From": "Clustertreff <events@example.org>",
        "To": "jonas.beck@example.org",
        "Subject": "Ihr Ticket",
        "Date": "Mon, 23 Nov 2026 09:00:00 +0000",
        "Message-ID": "<4a1c@clustertreff.test>",
        "Reply-To": '"Agentur Süd, Büro" <agentur@example.org>',
        "Auto-Submitted": "auto-generated",
        "X-Clustertreff-Mail": "ticket",
        "Content-Language": "de",
    }


@pytest.mark.parametrize("address", ["agentur", "a b@c", "agentur@", "", "a@b.example\r\nBcc: c@d.example", "@"])
def test_message_does_without_a_reply_address_that_is_none(address: str) -> None:
    message = parsed(message_bytes(replace(PLAIN, reply_to=("Agentur", address)), ENVELOPE))
    assert "Bcc" not in message
    assert message["Reply-To"] is None or message["Reply-To"].addresses[0].domain


def test_message_to_an_address_beyond_ascii_writes_it_as_it_is() -> None:
    content = message_bytes(PLAIN, replace(ENVELOPE, recipient="jürgen@bücher.example"))
    assert "To: jürgen@bücher.example\r\n".encode() in content


def test_message_to_a_domain_beyond_ascii_is_written_as_every_server_reads_it() -> None:
    letter = replace(PLAIN, reply_to=("Bäckerei", "info@bäckerei-süß.example"))
    content = message_bytes(letter, replace(ENVELOPE, recipient="info@bücher.example"))
    assert content.isascii()
    assert b"To: info@xn--bcher-kva.example\r\n" in content
    assert parsed(content)["Reply-To"].addresses[0].addr_spec == "info@xn--bckerei-s-o1a0c4t.example"


ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(subject=ANYTHING, text=ANYTHING, name=ANYTHING)
def test_message_holds_any_text_without_letting_it_out(subject: str, text: str, name: str) -> None:
    letter = replace(FULL, subject=subject, text=text, html=text, reply_to=(name, "agentur@example.org"))
    content = message_bytes(letter, ENVELOPE)
    message = parsed(content)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert set(message.keys()) == set(parsed(message_bytes(FULL, ENVELOPE)).keys())
    assert len(types(content)) == 8
