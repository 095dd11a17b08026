"""What a registration's contact sees and says of partners, below its manage page."""

from events_app.matchmaking.web import proposals, wishes

routes = [*proposals.routes, *wishes.routes]
