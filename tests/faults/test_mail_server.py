"""The mail server is down, says later, says no, or hangs up: mail is never lost and never sent again for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.outbox.mime import Letter
from events_app.outbox.service import NewMail, queue
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Composer, Tally, deliver_due
from events_app.outbox.smtp import Courier
from tests.outbox.sink import HANG_UP, TAKEN, Sink, open_sink


async def note(_: OwedMail) -> Letter:
    return Letter(subject="Note", text="Text\n", html="<p>Text</p>\n")


COMPOSERS: dict[str, Composer] = {"note": note}


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


async def owe(count: int = 1) -> None:
    await queue([NewMail("note", f"p{number}@example.org", "de") for number in range(count)])


async def all_due() -> None:
    """As if the back-off had passed."""
    await db.execute("UPDATE outbox_mail SET next_try_at = now()")


async def row() -> dict[str, Any]:
    found = await db.fetch_row("SELECT *, next_try_at - now() AS wait FROM outbox_mail ORDER BY id LIMIT 1")
    assert found is not None
    return dict(found)


async def test_server_down_leaves_mails_queued_and_sends_them_once_it_is_back(sink: Sink) -> None:
    await sink.close()
    await owe(3)
    assert await deliver_due(COMPOSERS) == Tally(failed=1)
    mail = await row()
    assert (mail["status"], mail["attempts"]) == ("queued", 1)
    assert "Connect" in mail["last_error"]
    assert 1 < mail["wait"].total_seconds() < 12  # ten, from when it was tried
    await sink.open()
    assert await deliver_due(COMPOSERS) == Tally(sent=2)
    await all_due()
    assert await deliver_due(COMPOSERS) == Tally(sent=1)
    assert (await row())["last_error"] is None


async def test_a_temporary_refusal_is_tried_again_and_then_sent_once(sink: Sink) -> None:
    answers = iter(["450 busy", "250 fine"])
    sink.on_rcpt = lambda _: next(answers)
    await owe()
    assert await deliver_due(COMPOSERS) == Tally(failed=1)
    assert (await row())["last_error"] == "450 busy"
    assert await deliver_due(COMPOSERS) == Tally()
    await all_due()
    assert await deliver_due(COMPOSERS) == Tally(sent=1)
    assert len(sink.taken) == 1


async def test_a_temporary_refusal_of_one_mail_lets_the_others_pass_on_the_same_connection(sink: Sink) -> None:
    sink.on_data = lambda address: "451 later" if address == "p1@example.org" else TAKEN
    await owe(3)
    assert await deliver_due(COMPOSERS) == Tally(sent=2, failed=1)
    assert sink.connections == 1


@pytest.mark.parametrize("stage", ["on_rcpt", "on_data"])
async def test_a_final_refusal_parks_the_mail_with_the_servers_words(sink: Sink, stage: str) -> None:
    setattr(sink, stage, lambda _: "550 5.1.1 no such mailbox")
    await owe()
    assert await deliver_due(COMPOSERS) == Tally(parked=1)
    await all_due()
    assert await deliver_due(COMPOSERS) == Tally()
    mail = await row()
    assert (mail["status"], mail["last_error"]) == ("parked", "550 5.1.1 no such mailbox")


async def test_a_connection_closed_after_data_is_repeated_with_the_same_message_id(sink: Sink) -> None:
    answers = iter([HANG_UP, TAKEN, TAKEN])
    sink.on_data = lambda _: next(answers)
    await owe(2)
    assert await deliver_due(COMPOSERS) == Tally(sent=1, failed=1)
    await all_due()
    assert await deliver_due(COMPOSERS) == Tally(sent=1)
    assert sink.recipients == ["p0@example.org", "p1@example.org", "p0@example.org"]
    assert sink.mails[0]["Message-ID"] == sink.mails[2]["Message-ID"]


async def test_a_server_that_closes_the_service_ends_the_round(sink: Sink) -> None:
    sink.on_rcpt = lambda _: "421 closing"
    await owe(5)
    assert await deliver_due(COMPOSERS) == Tally(failed=1)
    assert [r["attempts"] for r in await db.fetch("SELECT attempts FROM outbox_mail ORDER BY id")] == [1, 0, 0, 0, 0]


async def test_a_server_that_always_says_later_is_left_alone_after_ten_mails(sink: Sink) -> None:
    sink.on_rcpt = lambda _: "451 too many"
    await owe(30)
    assert await deliver_due(COMPOSERS) == Tally(failed=10)


async def test_a_mail_is_given_up_after_two_days_and_enough_tries(sink: Sink) -> None:
    sink.on_rcpt = lambda _: "450 busy"
    await owe()
    await db.execute("UPDATE outbox_mail SET attempts = 7, created_at = now() - interval '2 days'")
    assert await deliver_due(COMPOSERS) == Tally(parked=1)


async def test_a_port_that_speaks_no_smtp_leaves_the_mail_queued(database: None, app_settings: Settings) -> None:
    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings.use(replace(app_settings, smtp_url=f"smtp://127.0.0.1:{port}"))
        await owe()
        assert await deliver_due(COMPOSERS) == Tally(failed=1)
    assert (await row())["status"] == "queued"


async def test_an_address_brings_no_commands_of_its_own_to_the_server(sink: Sink) -> None:
    async with Courier(sink.url, "events@example.org") as courier:
        await courier.send("a@example.org>\r\nRCPT TO:<b@example.org", b"Subject: x\r\n\r\n")
        failure = await courier.send("a b@example.org", b"Subject: x\r\n\r\n")
    assert failure is not None
    assert failure.trouble == "refused"
    assert "b@example.org" not in sink.recipients


async def test_an_address_beyond_ascii_goes_to_a_server_that_can_read_it(sink: Sink) -> None:
    async with Courier(sink.url, "events@example.org") as courier:
        assert await courier.send("jürgen@bücher.example", "To: jürgen@bücher.example\r\n\r\nx\r\n".encode()) is None
    assert sink.recipients == ["jürgen@bücher.example"]


async def test_lines_that_begin_with_dots_arrive_as_they_are_and_end_no_mail(sink: Sink) -> None:
    content = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n.\r\n"
    async with Courier(sink.url, "events@example.org") as courier:
        assert await courier.send("a@example.org", content) is None
        assert await courier.send("b@example.org", content) is None
    assert [envelope.original_content for envelope in sink.taken] == [content, content]
    assert sink.connections == 1
