"""Clustertreff: registration, tickets, check-in and matchmaking for the meetings of training clusters."""
