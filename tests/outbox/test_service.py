from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.outbox.mime import Letter
from events_app.outbox.service import NewMail, claims, queue
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Composer, Obsolete, Tally, deliver_due
from tests.outbox.sink import Sink, open_sink


async def note(mail: OwedMail) -> Letter:
    return Letter(subject=f"Note {mail.id}", text="Text\n", html="<p>Text</p>\n")


async def broken(mail: OwedMail) -> Letter:
    raise KeyError(mail.payload["nothing"])


async def gone(_: OwedMail) -> Letter:
    raise Obsolete("the event is gone")


COMPOSERS: dict[str, Composer] = {"note": note, "login-link": note, "broken": broken, "gone": gone}


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    """A mail server that the settings name."""
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


async def owe(count: int = 1, kind: str = "note", **fields: Any) -> None:
    await queue([NewMail(kind, f"p{number}@example.org", "de", **fields) for number in range(count)])


async def rows() -> list[dict[str, Any]]:
    return [dict(row) for row in await db.fetch("SELECT * FROM outbox_mail ORDER BY id")]


async def statuses() -> Counter[str]:
    return Counter(row["status"] for row in await rows())


async def test_deliver_due_sends_everything_over_few_connections_and_in_order(sink: Sink) -> None:
    await owe(130)
    assert await deliver_due(COMPOSERS) == Tally(sent=130)
    assert sink.recipients == [f"p{number}@example.org" for number in range(130)]
    assert sink.connections == 2
    assert await statuses() == {"sent": 130}


async def test_a_mail_carries_the_message_id_of_its_row(sink: Sink) -> None:
    await owe()
    await deliver_due(COMPOSERS)
    [row], [mail] = await rows(), sink.mails
    assert mail["Message-ID"] == row["message_id"]
    assert mail["X-Clustertreff-Mail"] == "note"


async def test_sent_mails_are_not_sent_again(sink: Sink) -> None:
    await owe(3)
    await deliver_due(COMPOSERS)
    assert await deliver_due(COMPOSERS) == Tally()
    assert len(sink.taken) == 3


async def test_two_deliverers_at_once_send_100_mails_100_times(sink: Sink) -> None:
    await owe(100)
    tallies = await asyncio.gather(*(deliver_due(COMPOSERS) for _ in range(2)))
    assert sum(tally.sent for tally in tallies) == 100
    assert all(tally.sent for tally in tallies)
    assert sorted(Counter(sink.recipients).values()) == [1] * 100


async def test_a_composer_that_breaks_parks_its_mail_and_holds_up_no_other(sink: Sink) -> None:
    await owe(1)
    await owe(1, "broken")
    await owe(1, "unheard-of")
    await owe(1)
    assert await deliver_due(COMPOSERS) == Tally(sent=2, parked=2)
    assert [row["last_error"] for row in await rows()] == [
        None,
        "not composed: KeyError('nothing')",
        "not composed: KeyError('unheard-of')",
        None,
    ]


async def test_a_mail_about_something_gone_is_parked_with_the_reason(sink: Sink) -> None:
    await owe(1, "gone")
    await deliver_due(COMPOSERS)
    [row] = await rows()
    assert (row["status"], row["last_error"]) == ("parked", "not sent: the event is gone")


async def test_log_in_links_overtake_what_has_been_waiting(sink: Sink) -> None:
    await owe(30)
    await owe(1, "login-link")
    await deliver_due(COMPOSERS)
    assert sink.mails[0]["X-Clustertreff-Mail"] == "login-link"


async def test_mails_of_one_calendar_entry_leave_in_order_and_one_at_a_time(sink: Sink) -> None:
    for number in range(4):
        await queue([NewMail("note", f"p{number}@example.org", "de", calendar_uid="u@example.org", sequence=number)])
    await asyncio.gather(*(deliver_due(COMPOSERS) for _ in range(3)))
    await deliver_due(COMPOSERS)
    assert sink.recipients == [f"p{number}@example.org" for number in range(4)]


async def test_a_newer_mail_of_an_entry_waits_for_the_older_one_but_not_for_a_parked_one(sink: Sink) -> None:
    await owe(2, calendar_uid="u@example.org")
    await owe(1, calendar_uid="other@example.org")
    sink.on_rcpt = lambda address: "451 later" if address == "p0@example.org" else "250 fine"
    await deliver_due(COMPOSERS)
    assert [row["status"] for row in await rows()] == ["queued", "queued", "queued"]
    sink.on_rcpt = lambda address: "550 no" if address == "p0@example.org" else "250 fine"
    await db.execute("UPDATE outbox_mail SET next_try_at = now()")
    await deliver_due(COMPOSERS)
    assert [row["status"] for row in await rows()] == ["parked", "sent", "parked"]


async def test_a_claimed_mail_is_owed_again_once_its_worker_is_gone(sink: Sink) -> None:
    await owe()
    await claims.claim(10)
    assert await deliver_due(COMPOSERS) == Tally()
    await db.execute("UPDATE outbox_mail SET claimed_until = now() - interval '1 second'")
    assert await deliver_due(COMPOSERS) == Tally(sent=1)
    assert (await rows())[0]["attempts"] == 2


async def test_a_mail_under_which_workers_keep_dying_is_parked(sink: Sink) -> None:
    await owe()
    await claims.claim(10)
    await db.execute("UPDATE outbox_mail SET claimed_until = now() - interval '1 second', attempts = 8")
    assert await deliver_due(COMPOSERS) == Tally()
    assert (await rows())[0]["last_error"] == "workers died sending this"


async def test_a_stopping_worker_finishes_the_mail_in_hand_and_gives_back_the_rest(sink: Sink) -> None:
    stopping = asyncio.Event()

    def taken(_: str) -> str:
        stopping.set()
        return "250 taken"

    sink.on_data = taken
    await owe(5)
    assert await deliver_due(COMPOSERS, stopping) == Tally(sent=1)
    assert [(row["status"], row["attempts"]) for row in await rows()] == [("sent", 1), *[("queued", 0)] * 4]


async def test_a_round_that_is_cancelled_gives_its_mails_back(sink: Sink) -> None:
    handed_over = asyncio.Event()

    async def slow(mail: OwedMail) -> Letter:
        handed_over.set()
        await asyncio.sleep(60)
        return await note(mail)

    await owe(3)
    sending = asyncio.create_task(deliver_due({"note": slow}))
    await handed_over.wait()
    assert await statuses() == {"sending": 3}
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert [(row["status"], row["attempts"]) for row in await rows()] == [("queued", 0)] * 3
