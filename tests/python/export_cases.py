"""The recipes that the oracle runs and the tests compare with: on panels that any language can make."""

from __future__ import annotations

from panels import ITEMS, dropout_of_panel_a, is_kept, panel_a

import alliance as al

IDS = {"client": "client", "session": "session"}


def held():
    """Give the sessions of PANEL-A that DROP-A leaves, and how each client's treatment ended."""
    panel, risk = panel_a(), dropout_of_panel_a()
    left = {
        client: session
        for client, session, has_left in zip(risk["client"], risk["session"], risk["left"], strict=True)
        if has_left
    }
    rows = [
        row
        for row, (client, session) in enumerate(zip(panel["client"], panel["session"], strict=True))
        if session < left.get(client, 9)
    ]
    found = {name: [column[row] for row in rows] for name, column in panel.items()}
    found["ending"] = ["dropout" if client in left else None for client in found["client"]]
    return found


def with_gaps():
    """Give PANEL-A with single answers and outcomes taken out."""
    panel = panel_a()
    for name, every, at in (("i2", 2, 0), ("outcome", 3, 0)):
        panel[name] = [
            cell if is_kept(client, session) or session % every != at else None
            for cell, client, session in zip(panel[name], panel["client"], panel["session"], strict=True)
        ]
    return panel


def without_sessions():
    """Give PANEL-A without the sessions that the thinned panels leave out."""
    panel = panel_a()
    rows = [row for row, ids in enumerate(zip(panel["client"], panel["session"], strict=True)) if is_kept(*ids)]
    return {name: [column[row] for row in rows] for name, column in panel.items()}


def with_words():
    """Give PANEL-A with clients whose ids look like numbers, and like what R takes for missing."""
    panel = panel_a()
    panel["client"] = ["NA" if client == 1 else f"{client:03}" for client in panel["client"]]
    return panel


CASES = {
    "two-level-omega": lambda make: al.export.two_level_omega(make(panel_a()), columns=ITEMS, **IDS),
    "two-level-omega-gaps": lambda make: al.export.two_level_omega(
        make(with_gaps()), columns=ITEMS, missing="fiml", **IDS
    ),
    "two-level-omega-as-given": lambda make: al.export.two_level_omega(
        make(with_words()), columns=ITEMS, keep="as-given", **IDS
    ),
    "cross-lagged": lambda make: al.export.cross_lagged(
        make(panel_a()), score="alliance", outcome="outcome", waves=[1, 2, 3, 4], **IDS
    ),
    "cross-lagged-gaps": lambda make: al.export.cross_lagged(
        make(without_sessions()), score="alliance", outcome="outcome", waves=[1, 2, 3, 4], **IDS
    ),
    "cross-lagged-free": lambda make: al.export.cross_lagged(
        make(panel_a()), score="alliance", outcome="outcome", waves=[1, 2, 3], lagged="free", **IDS
    ),
    "growth-fixed": lambda make: al.export.growth(make(panel_a()), score="alliance", slope="fixed", **IDS),
    "growth-as-given": lambda make: al.export.growth(
        make(with_words()), score="alliance", slope="fixed", keep="as-given", **IDS
    ),
    "growth-random": lambda make: al.export.growth(make(without_sessions()), score="alliance", **IDS),
    "growth-piecewise": lambda make: al.export.growth(
        make(panel_a()), score="alliance", slope="fixed", time=("piecewise", 4), **IDS
    ),
    "growth-log": lambda make: al.export.growth(
        make(panel_a()), score="alliance", time="log-session", residuals="independent", **IDS
    ),
    "cox-efron": lambda make: al.export.cox(make(held()), score="alliance", ending="ending", **IDS),
    "cox-breslow": lambda make: al.export.cox(make(held()), score="alliance", ending="ending", ties="breslow", **IDS),
    "cox-robust": lambda make: al.export.cox(
        make(held()), score="alliance", ending="ending", therapist="therapist", robust_by="therapist", **IDS
    ),
    "cox-robust-breslow": lambda make: al.export.cox(
        make(held()),
        score="alliance",
        ending="ending",
        therapist="therapist",
        robust_by="therapist",
        ties="breslow",
        **IDS,
    ),
    "cox-python-robust": lambda make: al.export.cox(
        make(held()),
        score="alliance",
        ending="ending",
        therapist="therapist",
        robust_by="therapist",
        ties="breslow",
        language="Python",
        **IDS,
    ),
    "cox-covariate": lambda make: al.export.cox(
        make(held()), score="alliance", ending="ending", covariates=["outcome"], lag=2, **IDS
    ),
    "cox-python": lambda make: al.export.cox(make(held()), score="alliance", ending="ending", language="Python", **IDS),
    "cox-python-breslow": lambda make: al.export.cox(
        make(held()), score="alliance", ending="ending", language="Python", ties="breslow", **IDS
    ),
    "imputation-pan": lambda make: al.export.imputation(
        make(with_gaps()), columns=[*ITEMS, "outcome"], scales={"alliance": ITEMS}, **IDS
    ),
    "imputation-lmer": lambda make: al.export.imputation(
        make(with_gaps()), columns=[*ITEMS, "outcome"], method="2l.lmer", imputations=5, iterations=5, **IDS
    ),
    "imputation-random": lambda make: al.export.imputation(
        make(with_gaps()),
        columns=ITEMS,
        further=["outcome"],
        trend="random",
        imputations=5,
        iterations=5,
        seed=7,
        **IDS,
    ),
    "mediation-adjusted": lambda make: al.export.mediation(
        make(without_sessions()),
        score="alliance",
        mediator="rated",
        outcome="outcome",
        alliance_sessions=[2, 3],
        mediator_session=4,
        outcome_session=6,
        adjust_at=1,
        resamples=100,
        **IDS,
    ),
    "mediation": lambda make: al.export.mediation(
        make(panel_a()),
        score="alliance",
        mediator="outcome",
        outcome="outcome",
        alliance_sessions=[1, 2],
        mediator_session=4,
        outcome_session=8,
        **IDS,
    ),
}
