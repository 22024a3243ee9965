"""The synthetic panels that all languages can make: a Lehmer generator and sums of twelve uniform numbers."""

from __future__ import annotations

import math

ITEMS = ("i1", "i2", "i3", "i4")


class Lehmer:
    """Give numbers of the minimal standard generator (multiplier 16807, modulus 2^31 - 1)."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = 16_807 * self.state % 2_147_483_647
        return self.state / 2_147_483_647

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6


def panel_a():
    """Make ten therapists with six clients each, eight sessions, as columns."""
    random, rows = Lehmer(20_260_101), []
    for therapist in range(1, 11):
        of_therapist = 0.25 * random.normal()
        for nth in range(1, 7):
            level = 0.7 * random.normal()
            seen = 0.5 * level + 0.5 * random.normal()
            slope = 0.05 + 0.05 * random.normal()
            within = within_seen = 0.0
            outcome = 20 - 3 * level + 4 * random.normal()
            for session in range(1, 9):
                within = 0.3 * within + 0.35 * random.normal()
                within_seen = 0.2 * within_seen + 0.4 * within + 0.3 * random.normal()
                growth = slope * (session - 1)
                expected = 5.2 + of_therapist + level + growth + within
                items = [
                    min(max(math.floor(expected + easier + 0.6 * random.normal() + 0.5), 1), 7)
                    for easier in (0.3, 0.0, -0.2, -0.1)
                ]
                rated = 4.9 + of_therapist + seen + growth + within_seen
                outcome = 0.6 * outcome + 8 - 1.0 * within - 0.8 * level + 2 * random.normal()
                client = 6 * (therapist - 1) + nth
                shown = [round(rated, 4), round(outcome, 4)]
                rows.append([therapist, client, session, *items, *shown, sum(items) / 4])
    names = ("therapist", "client", "session", *ITEMS, "rated", "outcome", "alliance")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def panel_b():
    """Make twelve therapists with five clients each, four sessions, as columns."""
    random, rows = Lehmer(4_242), []
    for therapist in range(1, 13):
        of_therapist = 0.5 * random.normal()
        for nth in range(1, 6):
            level = 0.7 * random.normal()
            client = 5 * (therapist - 1) + nth
            for session in range(1, 5):
                score = round(5 + of_therapist + level + 0.6 * random.normal(), 4)
                rows.append([therapist, client, session, score])
    names = ("therapist", "client", "session", "alliance")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def dropout_of_panel_a():
    """Make the sessions at risk of leaving: alliance before, and whether the client left."""
    panel, random = panel_a(), Lehmer(777)
    rows = []
    for start in range(0, 480, 8):
        for session in range(2, 9):
            before = panel["alliance"][start + session - 2] - 5.3
            left = random.uniform() < 1 / (1 + math.exp(2.6 + 0.9 * before))
            rows.append([panel["client"][start], session, before, left])
            if left:
                break
    names = ("client", "session", "before", "left")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def is_kept(client, session):
    """Say whether the thinned panels of the oracles keep a session."""
    return (client * client + 5 * session * session + 3 * client * session) % 13 > client % 7


def thinned(panel):
    """Leave out the sessions that the oracles leave out."""
    keep = [is_kept(*ids) for ids in zip(panel["client"], panel["session"], strict=True)]
    return {name: [cell for cell, kept in zip(column, keep, strict=True) if kept] for name, column in panel.items()}
