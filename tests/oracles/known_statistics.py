"""Write the statistics that the methods dossier computed, each with the software it came from.

Run from the repository root:  python3 tests/oracles/known_statistics.py
Writes:                        tests/vectors/known-statistics.json
Needs:                         Python 3.9 or newer, nothing else

Every value below is typed as statistics.md prints it; the dossier computed it
with the software named beside it. Other scripts in this folder make most of
them again to all digits; here they stand as an outsider printed them, so that
one test can hold the crate against all of them. The script makes the three
synthetic panels of section 9 itself and stops when a check-sum differs.

Not here: what the library leaves to other software (RI-CLPM, Cox, AR(1)
errors, mediation, graded-response scores, two-level factor models, three-level
meta-analysis, meta-regression), which the tests of the exporters hold.
"""

import json
import math
import platform

MADE = "2026-11-26"  # day on which the file was made; change it with the numbers
SCRIPT = "tests/oracles/known_statistics.py"
OUT = "tests/vectors/known-statistics.json"

FORMULA = "the formula, Python with numpy 2.4.6 and scipy 1.17.1"
PSYCH = "R 4.2.2, psych 2.2.9"
LAVAAN = "R 4.2.2, lavaan 0.6-14"
LME4 = "R 4.2.2, lme4 1.1-31"
METAFOR = "R 4.2.2, metafor 3.8-1"
SURVIVAL = "R 4.2.2, survival 3.5-3"
KAPPA = "Python, statsmodels 0.15.0"
KRIPPENDORFF = "Python, krippendorff 0.9.0"

# Closed forms agree to 1e-9 or to the last digit printed, iterations to 1e-5, polychoric correlations to 1e-4,
# rotations to 1e-3 (section 0 and B4). LOOSE: iterations that the software ends early by default (metafor at 1e-5 of
# tau^2, glm at 1e-8 of the deviance, with the standard error of the step before), which synthesis.R and outcome.R
# drive further.
CLOSED, ITERATED, LOOSE, POLYCHORIC, ROTATED = 1e-9, 1e-5, 1e-4, 1e-4, 1e-3

# Identity (section and what), software, tolerance, values as printed.
PRINTED = [
    # 2 and 9: the synthetic panels.
    ("2 minstd state 10000", "CPython, R and Rust", CLOSED, "1043618065"),
    ("2 panel A rows and item sums", "CPython, R and Rust", CLOSED, "480 2701 2565 2470 2514"),
    ("2 panel A rated and outcome", "CPython, R and Rust", CLOSED, "2416.2681 9601.8570"),
    ("2 panel A first row", "CPython, R and Rust", CLOSED, "1 1 1 5 4 4 4 5.0570 20.9380"),
    ("2 panel A last row", "CPython, R and Rust", CLOSED, "10 60 8 5 5 5 5 4.8486 18.5730"),
    ("2 panel B", "CPython, R and Rust", CLOSED, "240 1225.4211 6.5283 8.6367 7.4318"),
    ("2 dropout on panel A", "CPython, R and Rust", CLOSED, "309 31 12.3"),
    ("2 attitude column sums", "R 4.2.2", CLOSED, "1939 1998 1594 1691 1939 2243 1288"),
    ("2 attitude trace and sum", "R 4.2.2", CLOSED, "924.7862069 3334.8919540"),
    # 3B: reliability.
    ("B1 alpha, standardized, mean r, lambda 6", PSYCH, CLOSED, "0.8431427696 0.8390838 0.42690664 0.87521514"),
    ("B1 Feldt", FORMULA, CLOSED, "0.7393756856 0.9157730722"),
    ("B1 Bonett", FORMULA, CLOSED, "0.7330056902 0.9138886167"),
    ("B1 van Zyl", FORMULA, CLOSED, "0.0424356956"),
    ("B1 distribution-free", FORMULA, CLOSED, "0.0414475631"),
    ("B1 alpha without", PSYCH, CLOSED, "0.8097602 0.7969175 0.8278478 0.8030310 0.7953866 0.8638723 0.8404649"),
    ("B1 item-rest", PSYCH, CLOSED, "0.6712621 0.7421097 0.5607111 0.7144455 0.7862756 0.2650343 0.4608105"),
    ("B1 Shrout-Fleiss alpha", PSYCH, CLOSED, "0.90931554"),
    ("B2 odd-even", FORMULA, CLOSED, "0.8562073502 0.9225341664 0.9052318985 0.9238916177"),
    ("B2 splits of twelve items", FORMULA, CLOSED, "462"),
    ("B2 total SD and SEM", FORMULA, CLOSED, "57.74852339 22.87142137"),
    ("B3 ML loadings", LAVAAN, ITERATED, "0.8524782 0.9022414 0.5927052 0.7306959 0.7649939 0.2460928 0.3778441"),
    ("B3 ML omega", LAVAAN, ITERATED, "0.8405446727 0.8563269 0.8263174722"),
    ("B3 ML fit", LAVAAN, CLOSED, "29.434 14 0.835 0.192"),
    ("B3 minres loadings", PSYCH, ITERATED, "0.7577722 0.8338272 0.6034273 0.7887271 0.8411194 0.2844648 0.4910469"),
    ("B3 minres omega", PSYCH, ITERATED, "0.8506823948 0.8489158829"),
    ("B4 Thurstone", PSYCH, ROTATED, "0.73607032 0.93082541 0.89145754 0.90817624 0.79077162"),
    ("B4 Thurstone groups total", PSYCH, ROTATED, "0.92126 0.82543 0.79021"),
    ("B4 Thurstone groups general", PSYCH, ROTATED, "0.57754 0.50480 0.46787"),
    ("B4 Thurstone groups specific", PSYCH, ROTATED, "0.34372 0.32063 0.32233"),
    ("B5 row thresholds", FORMULA, CLOSED, "-1.126391129 -0.2793190344 0.5828415073"),
    ("B5 column thresholds", FORMULA, CLOSED, "-1.0581216177 -0.2923748962 0.5828415073"),
    ("B5 polychoric", FORMULA, POLYCHORIC, "0.8459960512"),
    ("B5 likelihood", FORMULA, CLOSED, "451.4899648"),
    ("B5 tetrachoric", PSYCH, POLYCHORIC, "0.71273186"),
    (
        "B6 Shrout-Lane components",
        PSYCH,
        CLOSED,
        "2.34305556 0.38055556 0.60694444 0.91944444 0.12083333 0.04722222 0.95833333",
    ),
    ("B6 Shrout-Lane coefficients", PSYCH, CLOSED, "0.9675782351 0.5954198473 0.8547945205 0.7421524664"),
    (
        "B6 Shrout-Lane nested",
        FORMULA,
        CLOSED,
        "2.284259259 1.057407407 1.733333333 0.848203541 0.646659117",
    ),
    ("B6 panel A coefficients", PSYCH, CLOSED, "0.97347663 0.67392519 0.94296875 0.52439877"),
    ("B6 panel A nested", "R 4.2.2, psych 2.2.9 by lme", ITERATED, "0.94293188 0.49437366"),
    ("B6 panel A session by item", PSYCH, CLOSED, "-0.0022136"),
    ("B6 decision study of .77", FORMULA, CLOSED, "0.870 0.909 0.931 0.953"),
    ("B7 alpha within, between, pooled", FORMULA, CLOSED, "0.550853505 0.995454133 0.848979829"),
    ("B7 item ICCs", LME4, ITERATED, "0.47183485 0.45941668 0.50730400 0.44443144"),
    ("B8 panel A ICC", FORMULA, CLOSED, "0.6737925844 0.9429362947"),
    ("B8 panel A REML", LME4, ITERATED, "0.46666631 0.22593006 5.338541667 0.09082102935"),
    ("B8 panel A deviance", LME4, ITERATED, "821.9417602"),
    ("B8 panel B REML", LME4, ITERATED, "0.41043345 0.38371507 0.38865235 5.10592125 0.20546879"),
    ("B8 panel B deviance", LME4, ITERATED, "570.492877"),
    ("B8 panel B ML", LME4, ITERATED, "0.36822948 0.38370336 0.38865417 569.121704"),
    ("B8 panel A with therapists", LME4, ITERATED, "0 821.9417602"),
    # 3C: reliable change.
    ("C worked example", FORMULA, CLOSED, "3.354101966 4.743416490 3.162277660"),
    ("C cut-offs", FORMULA, CLOSED, "55 45 50"),
    ("C minimal detectable change at 1.96 and 1.645", FORMULA, CLOSED, "9.297096321 7.802920126"),
    ("C GLN, EN, HLL, NK", FORMULA, CLOSED, "3.0 4.024922359 0.7777777778 3.142936331"),
    ("C EN interval", FORMULA, CLOSED, "27.29179607 40.70820393"),
    ("C HA", FORMULA, CLOSED, "0.6 3.538151851 -0.6666666667"),
    ("C HLM fixed", LME4, ITERATED, "5.169444444 0.097894777 0.048313492 0.011378866"),
    ("C HLM variances", LME4, ITERATED, "0.494265493 0.003155130 -0.008889273 0.193770592 794.7599624"),
    ("C HLM deviations", LME4, ITERATED, "-0.0150022733 0.0334482186 -0.0408879599 0.0432483389"),
    ("C HLM z of deviations", LME4, CLOSED, "-0.347 0.773 -0.945"),
    ("C HLM z of own slopes", LME4, CLOSED, "0.770 1.891 0.172"),
    ("C HLM clients beyond 1.96", LME4, CLOSED, "0 9"),
    ("C5 per session", FORMULA, CLOSED, "0.100 0.063 0.147 0.105 0.190 0.147 0.229 0.188"),
    ("C5 per client", FORMULA, CLOSED, "0.69 0.51 0.83 0.71 0.90 0.83 0.94 0.90"),
    # 3D: dyads.
    ("D1 mean squares", FORMULA, CLOSED, "11.24166667 32.48611111 1.01944444"),
    ("D1 ICC(1)", PSYCH, CLOSED, "0.16574177 -0.132932 0.722560"),
    ("D1 ICC(A,1)", PSYCH, CLOSED, "0.28976378 0.01878651 0.76108437 4.785143862"),
    ("D1 ICC(C,1)", PSYCH, CLOSED, "0.71484071 0.342465 0.945858"),
    ("D1 ICC(1,k)", PSYCH, CLOSED, "0.44279713 -0.884442 0.912415"),
    ("D1 ICC(A,k)", PSYCH, CLOSED, "0.62005055 0.071137 0.927232"),
    ("D1 ICC(C,k)", PSYCH, CLOSED, "0.90931554 0.675675 0.985892"),
    (
        "D1 two cells missing",
        LME4,
        ITERATED,
        "2.94020804 4.55056226 0.93140702 0.34910308 0.759426749 83.694145",
    ),
    ("D1 complete REML", LME4, ITERATED, "2.5555628 5.2444508 1.0194434"),
    ("D1 panel A ICC(1)", FORMULA, CLOSED, "0.5545072 0.3527622 0.7072685"),
    ("D1 panel A ICC(A,1)", FORMULA, CLOSED, "0.5681504 0.3419639 0.7262439"),
    ("D1 panel A ICC(C,1)", FORMULA, CLOSED, "0.6052201 0.4167038 0.7438266"),
    ("D1 panel A r and double entry", FORMULA, CLOSED, "0.6060762 0.5486605"),
    ("D2 r", FORMULA, CLOSED, "0.643378807 0.782480376 0.140419027"),
    ("D2 mean difference", FORMULA, CLOSED, "-0.336075 0.4326875 0.232375"),
    ("D2 mean absolute difference", FORMULA, CLOSED, "0.3713 0.4326875 0.446775"),
    ("D2 root mean square difference", FORMULA, CLOSED, "0.434804623 0.524720622 0.520572452"),
    ("D2 concordance", FORMULA, CLOSED, "0.372370261 0.535143655 0.0983211612"),
    (
        "D2 mean, by z, pooled, df, of means",
        FORMULA,
        CLOSED,
        "0.384132486 0.4353604551 0.39695859 419 0.654543449",
    ),
    ("D3 repeated-measures correlation", "Python, pingouin 0.7.0", CLOSED, "-0.50677 38 0.000847 -0.7067 -0.2319"),
    (
        "D4 truth and bias",
        LME4,
        ITERATED,
        "-0.30464979 0.06552388 0.28079901 0.03561812 0.61930391 0.09392629",
    ),
    ("D4 variances", LME4, ITERATED, "0.246133343 0.014938556 0.091754784 424.0974853"),
    ("D4 within only", LME4, ITERATED, "0.08593137 0.28001090 0.03162919 0.431185932 0.094929112"),
    (
        "D5 coefficients",
        FORMULA,
        CLOSED,
        "20.7772538219 -2.2388275530 0.5550230032 0.0029462589 -0.1519323306 -0.3989753119",
    ),
    (
        "D5 surface",
        FORMULA,
        CLOSED,
        "-1.68380455 0.73019918 -0.54796138 0.62722036 -2.79385056 1.57940967 -0.24409672 2.77760567 0.40192157 "
        "1.20677935",
    ),
    (
        "D5 p of a1, R2, X0, Y0, axes",
        FORMULA,
        CLOSED,
        "0.02498 0.183612255 67.3303863 -12.1243586 -0.182698598 5.47349575",
    ),
    ("D6 concordance with n", FORMULA, CLOSED, "0.9427424314 0.9432794469 0.9994306931 1.0282679906 -0.0190302501"),
    ("D6 z, error, interval", FORMULA, CLOSED, "1.7621480212 0.2572598379 0.850492 0.978726"),
    ("D6 mean difference and SD", FORMULA, CLOSED, "-2.1176470588 38.7651298736 9.4019250 -22.0488 17.8135"),
    ("D6 limits at 2 and 1.96", FORMULA, CLOSED, "-79.6479068 75.4126127 -78.0973016 73.8620075"),
    ("D6 errors of limits", FORMULA, CLOSED, "16.2846118 16.3951080"),
    (
        "D6 repeated pairs",
        FORMULA,
        CLOSED,
        "0.304649792 0.298485527 0.211821687 0.714357903 -1.0954917 1.70479128 0.711298259",
    ),
    ("D7 client", FORMULA, CLOSED, "1.46455806 0.45460672 0.62303063 0.08652373 0.11806536 0.09779158"),
    ("D7 therapist", FORMULA, CLOSED, "0.909752884 0.360551834 0.77644140 0.07755920 0.05058461 0.06862259"),
    ("D7 residuals", FORMULA, CLOSED, "0.312342716"),
    ("D8 r_wg and AD", FORMULA, CLOSED, "0.8333333 0.5 0.9375 0.375 0.1666667 1.5"),
    ("D8 r_wg(3)", FORMULA, CLOSED, "0.940414508"),
    # 3E: alliance and outcome.
    ("E1 within and between", LME4, ITERATED, "-0.787223086 0.241269215 -2.477078967 0.300825430"),
    ("E1 session and intercept", LME4, ITERATED, "0.058682623 0.046818047 19.739796945 0.297367185"),
    ("E1 variances", LME4, ITERATED, "1.9947831 5.1812565 2239.373879"),
    ("E1 raw scores", LME4, ITERATED, "-1.376644614 0.196000220"),
    ("E1 within by between", LME4, ITERATED, "0.159767501 0.360797649"),
    (
        "E3 outcome of the session before",
        LME4,
        ITERATED,
        "0.0053780649 0.00211175198 0.242093336 0.57034713 0.03921437 -0.99472744 0.17985464",
    ),
    ("E6.1 r of d .55, .62; d of r .278", FORMULA, CLOSED, "0.26516 0.29610 0.57882"),
    (
        "E6.2 DL",
        METAFOR,
        LOOSE,
        "0.149598 0.031161 0.088523 0.210673 0.007763 60.6913 0.148492 0.088293 0.207611",
    ),
    (
        "E6.2 REML",
        METAFOR,
        LOOSE,
        "0.149918 0.031561 0.088060 0.211776 0.008111 61.7324 0.148805 0.087833 0.208666",
    ),
    ("E6.2 ML", METAFOR, LOOSE, "0.148742 0.030167 0.089615 0.207869 0.006927 57.9432 0.147655"),
    ("E6.2 PM", METAFOR, LOOSE, "0.151007 0.033065 0.086201 0.215812 0.009479 65.3423 0.149869"),
    ("E6.2 HS", METAFOR, LOOSE, "0.148131 0.029517 0.090279 0.205983 0.006403 56.0146 0.147057"),
    ("E6.2 SJ", METAFOR, LOOSE, "0.152961 0.036545 0.081334 0.224589 0.012996 72.1054 0.151779"),
    ("E6.2 HE", METAFOR, LOOSE, "0.151910 0.034521 0.084250 0.219570 0.010892 68.4184 0.150752"),
    ("E6.2 error of tau2 (REML), Q, p, Q-profile", METAFOR, LOOSE, "0.005510 38.15952 0.000855 0.0017 0.0378"),
    ("E6.2 Hunter-Schmidt", FORMULA, CLOSED, "0.123494158 0.0105036606 0.0044419398 0.0060617209"),
    ("E6.3 Knapp-Hartung", METAFOR, LOOSE, "0.0327699961 0.0800703951 0.2197655818 0.000364733"),
    (
        "E6.3 prediction: normal, t(k-2), Knapp-Hartung t(k-1)",
        METAFOR,
        LOOSE,
        "-0.037118 0.336954 -0.0547614 0.3545974 -0.0543498 0.3541858",
    ),
    ("E6.6 Egger", METAFOR, CLOSED, "1.3450 14 0.2000"),
    ("E6.6 trim and fill", METAFOR, LOOSE, "2 0.1288 0.0333"),
    ("E6.6 leave one out", METAFOR, LOOSE, "0.135290951 0.164714377"),
    ("E6.7 disattenuated; for the mean of four sessions", FORMULA, CLOSED, "0.3123 0.2858"),
    ("E6.8 BESD, CLES", FORMULA, CLOSED, "0.63 0.37 0.659"),
    ("E7.1 Wilson", FORMULA, CLOSED, "0.227797 0.406261 0 0.277533"),
    ("E7.2 treated", SURVIVAL, CLOSED, "0.857143 0.076360 0.752941 0.448179 0.134591"),
    ("E7.2 control", SURVIVAL, CLOSED, "0.571429 0.107990 0"),
    ("E7.2 log-rank", SURVIVAL, CLOSED, "16.792941"),
    ("E7.3 leukaemia logit", "R 4.2.2, glm", LOOSE, "-2.5420023 0.2934302 -1.7770488 0.42904324"),
    ("E7.3 leukaemia cloglog", "R 4.2.2, glm", LOOSE, "-2.5869854 0.2824898 -1.7200282"),
    ("E7.3 leukaemia person-periods", "R 4.2.2", CLOSED, "541 30"),
    (
        "E7.3 dropout logit",
        "R 4.2.2, glm",
        LOOSE,
        "-2.23395204 0.19687520 -0.49042423 0.24248563 197.173783",
    ),
    (
        "E7.3 dropout cloglog",
        "R 4.2.2, glm",
        LOOSE,
        "-2.28887938 0.18755047 -0.46641288 0.22694509 197.145224",
    ),
    ("E7.3 at risk and events", "R 4.2.2", CLOSED, "60 6 54 6 48 5 43 5 38 3 35 4 31 2"),
    # 3F: coders.
    ("F2 Cohen unweighted", KAPPA, CLOSED, "0.4915254237 0.0510018156 0.0519789367"),
    ("F2 Cohen linear", KAPPA, CLOSED, "0.4736842105 0.0544323092 0.0546963413"),
    ("F2 Cohen quadratic", KAPPA, CLOSED, "0.4545454545 0.0664536816 0.0673586675"),
    ("F2 Cohen's weights", KAPPA, CLOSED, "0.3478260870 0.0755040153 0.0597199936"),
    (
        "F2 two by two: kappa, errors, PABAK, maximum, prevalence, bias, AC1",
        FORMULA,
        CLOSED,
        "0.4 0.1270 0.1386 0.4 0.8 0.1 0.1 0.4059405941",
    ),
    ("F3 Fleiss", KAPPA, CLOSED, "0.2099307044 0.0169650692 0.3780219780 0.2127551020"),
    ("F3 Randolph and AC1", FORMULA, CLOSED, "0.2225274725 0.2256141508"),
    ("F4 Krippendorff", KRIPPENDORFF, CLOSED, "0.7434210526 0.8153875038 0.8491071429 0.7974027748"),
    # 4 and 7: published syntheses and identities.
    ("4 variance explained by .22 and .26", FORMULA, CLOSED, "0.0484 0.0676"),
    ("4 Totura: r and interval of z .30 (.20 to .39)", FORMULA, CLOSED, "0.291 0.197 0.371"),
    ("7 bias is the mean difference", LME4, ITERATED, "-0.30464979"),
]


# Peak flow of seventeen subjects, large and mini meter, first readings (Bland and Altman 1986, Lancet i, 307).
PEAK_FLOW = [
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427],
    [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451],
]


class Lehmer:
    """The minimal standard generator, and sums of twelve uniform numbers."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = 16_807 * self.state % 2_147_483_647
        return self.state / 2_147_483_647

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6


def panel_a():
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
                expected = 5.2 + of_therapist + level + slope * (session - 1) + within
                items = [
                    min(max(math.floor(expected + easier + 0.6 * random.normal() + 0.5), 1), 7)
                    for easier in (0.3, 0.0, -0.2, -0.1)
                ]
                rated = 4.9 + of_therapist + seen + slope * (session - 1) + within_seen
                outcome = 0.6 * outcome + 8 - 1.0 * within - 0.8 * level + 2 * random.normal()
                client = 6 * (therapist - 1) + nth
                rows.append((therapist, client, session, *items, round(rated, 4), round(outcome, 4)))
    return rows


def panel_b():
    random, scores = Lehmer(4_242), []
    for _ in range(12):
        of_therapist = 0.5 * random.normal()
        for _ in range(5):
            level = 0.7 * random.normal()
            scores += [round(5 + of_therapist + level + 0.6 * random.normal(), 4) for _ in range(4)]
    return scores


def dropout(rows):
    random, found = Lehmer(777), []
    for start in range(0, len(rows), 8):
        for session in range(2, 9):
            before = sum(rows[start + session - 2][3:7]) / 4 - 5.3
            left = random.uniform() < 1 / (1 + math.exp(2.6 + 0.9 * before))
            found.append((before, left))
            if left:
                break
    return found


def check_sums():
    """Give what the panels sum to, by the identity of the entry."""
    random = Lehmer(1)
    for _ in range(10_000):
        random.uniform()
    rows, scores = panel_a(), panel_b()
    gone = dropout(rows)
    return {
        "2 minstd state 10000": [random.state],
        "2 panel A rows and item sums": [len(rows), *(sum(row[item] for row in rows) for item in range(3, 7))],
        "2 panel A rated and outcome": [sum(row[7] for row in rows), sum(row[8] for row in rows)],
        "2 panel A first row": rows[0],
        "2 panel A last row": rows[-1],
        "2 panel B": [len(scores), sum(scores), *scores[:3]],
        "2 dropout on panel A": [len(gone), sum(left for _, left in gone), sum(before for before, _ in gone)],
    }


def half_unit(text):
    decimals = len(text.partition(".")[2])
    return 0.5 * 10**-decimals if decimals else 0.0


cases = [
    {"id": identity, "tool": tool, "tolerance": tolerance, "printed": values.split()}
    for identity, tool, tolerance, values in PRINTED
]
printed = {case["id"]: case["printed"] for case in cases}
assert len(printed) == len(cases), "an identity stands twice"
for identity, found in check_sums().items():
    assert len(found) == len(printed[identity]), identity
    for one, text in zip(found, printed[identity]):
        assert abs(one - float(text)) <= 1.001 * half_unit(text) + 1e-9, (identity, one, text)

header = {
    "topic": "known-statistics",
    "script": SCRIPT,
    "tool": {
        "name": "values computed for statistics.md with the software named in each case; panels checked with Python",
        "version": "Python " + platform.python_version(),
    },
    "made": MADE,
    "note": "printed: values as the dossier prints them. A value agrees if it differs by no more than half a unit of "
    "the last printed digit, or by tolerance times the larger of 1 and the value, whichever is more; whole numbers agree "
    "exactly. Data: attitude, "
    "Thurstone and twelve items in form-reliability.json, Shrout and Fleiss in icc.json, Shrout and Lane in "
    "sessions.json, Molloy in synthesis.json, leukaemia in outcome.json, coders in coders.json, polychoric tables in "
    "polychoric.json, repeated-measures correlation in dyads-pingouin.json, peak flow here; the panels are made by the "
    "generator of the script.",
}
text = json.dumps(header, indent=1)[:-2]
text += ',\n "peak_flow": ' + json.dumps(PEAK_FLOW)
text += ',\n "cases": [\n  '
text += ",\n  ".join(json.dumps(case) for case in cases)
text += "\n ]\n}\n"
json.loads(text)
with open(OUT, "w", encoding="utf-8", newline="\n") as file:
    file.write(text)
print("wrote", OUT, "with", len(cases), "cases")
