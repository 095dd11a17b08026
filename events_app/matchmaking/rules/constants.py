"""Every number of the scoring, with where it comes from. Weights are an event's settings; these are the defaults.

Similarity and form are whole numbers (hundredths, halves), so that sums over needs are exact in any order.
"""

from __future__ import annotations

from typing import Final

# Occupation. KldB 2010 groups by the similarity of tasks in digits 1 to 4, digit 5 is the level of demand
# (Bundesagentur für Arbeit, Klassifikation der Berufe 2010, volume 1). The steps are the project's own.
ANY: Final = "*"
KLDB_DIGITS: Final = 5
SAME_OCCUPATION: Final = 100
SIMILARITY_BY_DIGITS: Final = ((5, 90), (4, 75), (3, 45), (2, 15))
# Below this an offer is another trade: it counts neither for the nearness nor for the places.
COUNTING_SIMILARITY: Final = 40

# Form of cooperation: the one asked for, or one of its family that can partly stand in for it.
SAME_FORM: Final = 2
SAME_FAMILY: Final = 1
FULL_FIT: Final = SAME_OCCUPATION * SAME_FORM
# The best single need must reach 0.4, else two organisations have nothing to talk about.
ELIGIBLE_FIT: Final = 80

# Region. About two thirds of apprentices train in their home district, most others next door (IAB).
SAME_DISTRICT: Final = 1.0
NEIGHBOUR_DISTRICT: Final = 0.7
SAME_NUTS2: Final = 0.4
SAME_STATE: Final = 0.2
REMOTE: Final = 0.6
# Apprentices' mean commute: 33 km in the west, 51 km in the east (IAB); over 100 km a day is hardly feasible (BIBB).
HALVING_KM: Final = 33.0
REACH_KM: Final = 100.0

# Utilities of the two sides; their harmonic mean keeps one side's joy from hiding the other's
# (reciprocal recommendation, RECON: success among the top ten rose from 23 to 42 %).
COMPANY_WEIGHTS: Final = {"occupation": 0.60, "region": 0.32, "themes": 0.08}
PARTNER_WEIGHTS: Final = {"occupation": 0.47, "region": 0.28, "capacity": 0.18, "themes": 0.07}
WISH_BONUS: Final = 0.1

THOUSANDTHS: Final = 1000
EXPLAINED_ENTRIES: Final = 3
RULES_VERSION: Final = "score-2"
