"""The cooperation exchange in the back office."""

from events_app.matchmaking.desk import runs, supply, timetable

routes = [*runs.routes, *supply.routes, *timetable.routes]
