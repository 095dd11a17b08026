"""The matching rules: pure functions over values. Sides, scores, the chosen set, the timetable."""
