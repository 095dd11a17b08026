from __future__ import annotations

from uuid import uuid4

import pytest

from events_app.kit import db
from events_app.outbox import rules
from events_app.outbox.service import bounces, forget
from events_app.outbox.service.delivery import Tally, deliver_due
from events_app.outbox.service.parked import send_again
from tests.outbox.notes import COMPOSERS, all_due, owe, statuses
from tests.outbox.sink import HANG_UP, Sink

ADDRESS = "p0@example.org"


async def test_each_try_that_failed_is_kept_with_the_servers_words(sink: Sink) -> None:
    await owe()
    for answer in ("450 busy", "451 4.3.0 later", HANG_UP):
        sink.on_data = lambda _, answer=answer: answer
        await all_due()
        await deliver_due(COMPOSERS)
    kept = await db.fetch("SELECT trouble, said FROM outbox_failure ORDER BY id")
    assert [row["trouble"] for row in kept] == ["deferred", "deferred", "cut"]
    assert [row["said"] for row in kept][:2] == ["450 busy", "451 4.3.0 later"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 5.1.1 no such mailbox", True),
        ("550 5.1.10 null MX", True),
        ("553 5.1.3 not an address", True),
        ("550 5.2.1 mailbox disabled", True),
        ("550 no such user here", True),
        ("551 user not local", True),
        ("550 5.7.1 relaying denied", False),
        ("550 5.7.26 unauthenticated mail", False),
        ("550 5.1.8 sender's domain does not exist", False),
        ("552 5.2.2 mailbox full", False),
        ("554 transaction failed", False),
        ("550 5.4.1 access denied", False),
    ],
)
async def test_an_address_is_marked_if_it_is_the_address_that_takes_no_mail(
    sink: Sink,
    answer: str,
    expected: bool,  # noqa: FBT001 - given by name
) -> None:
    sink.on_rcpt = lambda _: answer
    await owe()
    assert await deliver_due(COMPOSERS) == Tally(parked=1)
    found = await bounces.of_addresses([ADDRESS.upper(), "other@example.org", None])
    assert (list(found), [bounce.said for bounce in found.values()]) == (
        ([ADDRESS.upper()], [answer]) if expected else ([], [])
    )


@pytest.mark.parametrize("answer", ["450 4.1.1 unverified for now", "421 closing"])
def test_no_address_is_given_up_for_an_answer_that_is_not_final(answer: str) -> None:
    assert not rules.is_bounce(int(answer[:3]), answer[4:])


async def test_a_mail_that_gets_through_clears_the_mark(sink: Sink) -> None:
    await bounces.mark(ADDRESS.upper(), "550 5.1.1 no such mailbox")
    await owe(2)
    await deliver_due(COMPOSERS)
    assert await bounces.of_addresses([ADDRESS]) == {}


async def test_sending_again_tries_parked_mail_and_writes_sent_mail_anew(sink: Sink) -> None:
    await owe(2, event_id=uuid4(), payload={"number": 7})
    sink.on_rcpt = lambda address: "550 no" if address == ADDRESS else "250 fine"
    await deliver_due(COMPOSERS)
    sink.on_rcpt = lambda _: "250 fine"
    assert await send_again([1, 2, 99]) == 2
    assert await statuses() == ["queued", "sent", "queued"]
    await deliver_due(COMPOSERS)
    assert sink.recipients == ["p1@example.org", ADDRESS, "p1@example.org"]
    assert {str(mail["Subject"]) for mail in sink.mails} == {"Note 7"}
    assert len({mail["Message-ID"] for mail in sink.mails}) == 3
    assert all(mail["Message-ID"].endswith("@clustertreff.test>") for mail in sink.mails)


async def test_log_in_links_are_not_sent_a_second_time(sink: Sink) -> None:
    await owe(1, "login-link")
    await deliver_due(COMPOSERS)
    assert await send_again([1]) == 0


async def test_an_erased_person_leaves_neither_failures_nor_a_mark_and_gets_nothing_again(sink: Sink) -> None:
    person = uuid4()
    await owe(1, attendee_id=person)
    await deliver_due(COMPOSERS)
    sink.on_rcpt = lambda _: "550 5.1.1 p0@example.org unknown"
    await owe(1, attendee_id=person, unsubscribe_url="https://x.example/u/secret")
    await deliver_due(COMPOSERS)
    await forget.forget_people([person])
    assert await db.fetch_value("SELECT count(*) FROM outbox_failure") == 0
    assert await bounces.of_addresses([ADDRESS]) == {}
    assert await send_again([1, 2]) == 0
    [row] = await db.fetch("SELECT recipient, unsubscribe_url FROM outbox_mail")
    assert tuple(row) == ("", None)


async def test_a_mail_that_nobody_needs_says_how_one_post_ends_them(sink: Sink) -> None:
    url = "https://clustertreff.example/newsletter/unsubscribe/" + "x" * 80
    await owe(1, "newsletter-issue", unsubscribe_url=url)
    await owe(1)
    await deliver_due(COMPOSERS)
    other, issue = sink.mails
    assert issue["List-Unsubscribe"] == f"<{url}>"
    assert issue["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: <{url}>\r\n".encode() in (sink.taken[1].original_content or b"")
    assert other["List-Unsubscribe"] is None
