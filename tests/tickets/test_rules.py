from __future__ import annotations

from base64 import b32hexencode
from uuid import UUID, uuid4

import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from events_app.tickets import rules

SEED = bytes(range(32))
PUBLIC_KEY = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
TICKET = UUID("2f0c9a52-8f0e-4c44-9a5c-5d2b6f0f4a11")
CODE = rules.make_code(SEED, 4711, TICKET, 1)
BASE32HEX = "0123456789ABCDEFGHIJKLMNOPQRSTUV"

int32 = st.integers(0, 2**31 - 1)


def proves(text: str, public_key: bytes = PUBLIC_KEY) -> bool:
    try:
        return rules.verify(rules.read_code(text), public_key)
    except rules.UnreadableCode:
        return False


def test_code_of_a_ticket_never_changes_its_spelling() -> None:
    assert CODE == (
        "CT100014PPF1ID553OE9H29KN2T5DNGUIGH000000954S9M01QHUSNVS2DIHIRS8CE48JKKK"
        "170KPL7JO362DN7F5VUOD3KRE2HCCBKIC48G8L7HPCUBSCLPC575HF8Q6FNCLLIJH4G39F0A"
    )


@given(int32, st.uuids(), int32)
def test_code_reads_back_as_it_was_made(key_id: int, ticket_id: UUID, version: int) -> None:
    parsed = rules.read_code(rules.make_code(SEED, key_id, ticket_id, version))
    assert (parsed.key_id, parsed.ticket_id, parsed.version) == (key_id, ticket_id, version)
    assert rules.verify(parsed, PUBLIC_KEY)


@given(int32, st.uuids(), int32)
def test_code_fits_a_version_6_symbol_in_alphanumeric_mode(key_id: int, ticket_id: UUID, version: int) -> None:
    code = rules.make_code(SEED, key_id, ticket_id, version)
    symbol = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M)
    symbol.add_data(code, optimize=0)
    symbol.make(fit=True)
    assert symbol.version == 6
    assert symbol.data_list[0].mode == qrcode.util.MODE_ALPHA_NUM


@given(st.integers(0, 88 * 8 - 1))
def test_code_with_one_bit_turned_proves_nothing(bit: int) -> None:
    parsed = rules.read_code(CODE)
    body = parsed.key_id.to_bytes(4) + parsed.ticket_id.bytes + parsed.version.to_bytes(4) + parsed.signature
    turned = (int.from_bytes(body) ^ 1 << bit).to_bytes(88)
    assert not proves("CT1" + b32hexencode(turned).decode().rstrip("="))


def test_code_with_any_one_character_changed_proves_nothing() -> None:
    for position in range(len(CODE)):
        for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:":
            changed = CODE[:position] + letter + CODE[position + 1 :]
            assert changed == CODE or not proves(changed)


@given(st.integers(0, len(CODE)), st.sampled_from(BASE32HEX))
def test_code_with_a_character_more_or_less_is_unreadable(position: int, letter: str) -> None:
    longer = CODE[:position] + letter + CODE[position:]
    shorter = CODE[:position] + CODE[position + 1 :]
    for text in {longer, shorter} - {CODE}:
        with pytest.raises(rules.UnreadableCode):
            rules.read_code(text)


@given(st.text())
def test_reading_foreign_text_is_unreadable(text: str) -> None:
    with pytest.raises(rules.UnreadableCode):
        rules.read_code(text)


@given(st.text(BASE32HEX, min_size=141, max_size=141))
def test_every_readable_code_has_one_spelling(body: str) -> None:
    try:
        parsed = rules.read_code("CT1" + body)
    except rules.UnreadableCode:
        assert BASE32HEX.index(body[-1]) % 2 == 1
        return
    packed = (
        parsed.key_id.to_bytes(4, signed=True)
        + parsed.ticket_id.bytes
        + parsed.version.to_bytes(4, signed=True)
        + parsed.signature
    )
    assert b32hexencode(packed).decode().rstrip("=") == body


@given(st.text(BASE32HEX, min_size=141, max_size=141))
def test_forged_numbers_fit_a_postgresql_integer(body: str) -> None:
    try:
        parsed = rules.read_code("CT1" + body)
    except rules.UnreadableCode:
        return
    assert -(2**31) <= parsed.key_id < 2**31
    assert -(2**31) <= parsed.version < 2**31


def test_unused_bits_behind_the_signature_make_a_code_unreadable() -> None:
    last = BASE32HEX[BASE32HEX.index(CODE[-1]) + 1]
    with pytest.raises(rules.UnreadableCode):
        rules.read_code(CODE[:-1] + last)


@pytest.mark.parametrize("typed", [CODE.lower(), f"  {CODE}\r\n", f"\t{CODE}\n", CODE + "\r", CODE.capitalize()])
def test_code_from_a_handheld_scanner_is_read(typed: str) -> None:
    assert rules.read_code(typed) == rules.read_code(CODE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CT1",
        "CT2" + CODE[3:],
        CODE[3:],
        CODE[:70] + " " + CODE[70:],
        CODE[:70] + "\n" + CODE[71:],
        CODE[:70] + "=" + CODE[71:],
        CODE[:70] + "Z" + CODE[71:],
        CODE[:70] + "İ" + CODE[71:],
        CODE[:70] + "\u0131" + CODE[71:],  # dotless: upper() makes an I of it
        CODE + "\x00",
        "https://example.org/" + CODE,
        CODE * 2,
        "C" * 1_000_000,
    ],
)
def test_text_that_is_no_code_is_unreadable(text: str) -> None:
    with pytest.raises(rules.UnreadableCode):
        rules.read_code(text)


def test_code_signed_with_another_events_key_proves_nothing() -> None:
    other = SigningKey.generate()
    code = rules.make_code(bytes(other), 4711, TICKET, 1)
    assert proves(code, bytes(other.verify_key))
    assert not proves(code)


def test_signature_without_the_ticket_domain_proves_nothing() -> None:
    payload = (4711).to_bytes(4) + TICKET.bytes + (1).to_bytes(4)
    signed = SigningKey(SEED).sign(payload)
    assert not proves("CT1" + b32hexencode(signed.message + signed.signature).decode().rstrip("="))


@given(st.binary(min_size=16, max_size=40))
def test_short_code_is_eight_characters_nobody_confuses(random: bytes) -> None:
    code = rules.new_short_code(random)
    assert len(code) == 8
    assert not set(code) & set("OILSBUYZ")
    assert rules.normalise_short_code(code) == code


def test_short_codes_of_fresh_randomness_differ() -> None:
    assert len({rules.new_short_code(uuid4().bytes + uuid4().bytes) for _ in range(1000)}) == 1000


def test_short_code_of_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        rules.new_short_code(b"\x00" * 15)


@given(st.binary(min_size=16, max_size=16), st.text("01258V", min_size=8, max_size=8))
def test_short_code_is_understood_however_it_is_typed(random: bytes, hard: str) -> None:
    for code in (rules.new_short_code(random), hard):
        slips = code.replace("0", "O").replace("1", "I").replace("5", "S").replace("8", "B").replace("V", "U")
        for typed in (
            code.lower(),
            f" {code[:4]} {code[4:]}\r\n",
            rules.shown_short_code(code),
            f"{code[:4]}–{code[4:]}",  # noqa: RUF001 the dash that a phone's keyboard makes of a hyphen
            slips.lower(),
            slips.replace("I", "l").replace("2", "z"),
        ):
            assert rules.normalise_short_code(typed) == code


@pytest.mark.parametrize("text", ["", "ABC", "ABCDEFGHJ", "ABCDEFGY", "ÄBCDEFGH", "ABCD_FGH", CODE, "- " * 40])
def test_text_that_is_no_short_code_is_unreadable(text: str) -> None:
    with pytest.raises(rules.UnreadableCode):
        rules.normalise_short_code(text)


@given(st.text())
def test_short_code_reading_answers_or_is_unreadable(text: str) -> None:
    try:
        code = rules.normalise_short_code(text)
    except rules.UnreadableCode:
        return
    assert set(code) <= set(rules.SHORT_ALPHABET)
