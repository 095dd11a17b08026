from __future__ import annotations

import asyncio

from tests.checkin.doorway import Doorway


async def test_scan_admits_once(doorway: Doorway) -> None:
    code = doorway.people[0].code
    first = await doorway.scan(code)
    second = await doorway.scan(code)
    assert (first.result, second.result) == ("admitted", "already_inside")
    assert first.first_scanned_at == second.first_scanned_at


async def test_parallel_scans_of_one_code_admit_once(doorway: Doorway) -> None:
    answers = await asyncio.gather(*(doorway.scan(doorway.people[0].code) for _ in range(20)))
    results = sorted(answer.result for answer in answers)
    assert results == ["admitted"] + ["already_inside"] * 19
