"""What a registration's contact sees and says of partners, below its manage page."""

from events_app.matchmaking.web import meetings, proposals, wishes

routes = [*meetings.routes, *proposals.routes, *wishes.routes]
