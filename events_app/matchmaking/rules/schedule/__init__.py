"""The timetable of a meeting round: construct, improve, prove; keep the best plan that the verifier lets pass.

- `choose.plan(problem, limits, warm_start=None) -> Plan`: the best plan within `Limits(seconds=...)`. It runs one
  process beside its own (2 cores) and blocks: call it in a thread. Nothing is left running when it returns.
- `adapt.insert(problem, published, new_meetings) -> Plan`: late joiners; one old meeting moves for each at most.
- `adapt.replan(problem, published, from_slot, absent, limits) -> Plan`: who is missing; the rest with the fewest moves.
- `values`: `Problem`, `Attendance`, `Meeting`, `Limits` go in; `Plan`, `Placed`, `Unplaced`, `Reason` come out.
- `rules/verify.py`: `complaints(problem, plan)`, written without a look at the planner.

A meeting's `slot` is its pin, an organisation's `parallel` how many meetings it can hold at once. `Plan.status` is
`optimal` only where it is proved; then `Plan.bound` is `Plan.gaps`. The same plan each time: `Limits(moves=20_000,
prove=False)`, or with `conflicts` instead of `prove=False`.
"""
