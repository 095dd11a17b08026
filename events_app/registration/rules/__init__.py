"""Decisions of registration: who gets a seat, who moves up, what is wrong with an entry."""
