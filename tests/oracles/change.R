# Reference values for reliable change and session drops.
#
# Run from the repository root:  Rscript tests/oracles/change.R
# Writes:                        tests/vectors/change.json
# Needs:                         R with lme4
#
# Slopes come from lme4 (with tightened tolerances), indices of the R package
# clinicalsignificance are typed with their source, chances come from pnorm,
# drops from a session-by-session loop over the definition.

made <- "2026-11-25" # day on which the numbers were made; change it with them
source("tests/oracles/panels.R")
suppressPackageStartupMessages(library(lme4))
tight <- lmerControl(
  optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(rhobeg = 0.1, rhoend = 1e-10, maxfun = 1e5))
a <- panel_a()

# ---- the worked example of Jacobson and Truax (1991) --------------------------------

indices <- function(x1, x2, m1, s1, r, m2, s2, r2, r12) {
  sem <- s1 * sqrt(1 - r)
  expected <- m1 + r * (x1 - m1)
  r_dd <- (s1^2 * r + s2^2 * ((s2^2 - sem^2) / s2^2) - 2 * s1 * s2 * r12) / (s1^2 + s2^2 - 2 * s1 * s2 * r12)
  c(JT = (x2 - x1) / (sqrt(2) * sem),
    GLN = (x2 - expected) / (s1 * sqrt(1 - r^2)),
    HLL = ((x2 - m2) - r * (x1 - m1)) / (s1 * sqrt(1 - r^2)),
    EN = (x2 - expected) / sem,
    NK = (x2 - expected) / sqrt(r^2 * s1^2 * (1 - r) + s1^2 * (1 - r2)),
    HA = ((x2 - x1) * r_dd + (m2 - m1) * (1 - r_dd)) / (sqrt(r_dd) * sqrt(2) * sem))
}
worked <- indices(32.5, 47.5, 40, 7.5, .80, 50, 7.5, .80, .5)
prints_as(worked, c(3.162277660, 3, .7777777778, 4.024922359, 3.142936331, 3.538151851), 9)
sem <- 7.5 * sqrt(.2)
example <- list(
  id = "jacobson-truax-1991", kind = "indices", mean_before = 40, sd_before = 7.5, reliability = .80, mean_after = 50,
  sd_after = 7.5, reliability_after = .80, correlation = .5, before = I(32.5), after = I(47.5),
  indices = list(I(unname(worked))), sem = sem, s_diff = sqrt(2) * sem, mdc_95 = qnorm(.975) * sqrt(2) * sem,
  mdc_90 = qnorm(.95) * sqrt(2) * sem, reliability_of_differences = .6, cutoff_index = -2 / 3)
prints_as(c(example$sem, example$s_diff), c(3.354101966, 4.743416490), 9)
# With z rounded, as usually printed.
prints_as(c(1.96, 1.645) * example$s_diff, c(9.297096321, 7.802920126), 9)

# ---- the R package ------------------------------------------------------------------
# Output of clinicalsignificance 2.1.0.9000 on the Beck Depression Inventory of its data set claus_2020 (first and fourth
# measurement, 40 patients; Claus et al. 2020), reliability .80 before and .82 after: means, standard deviations and
# correlation of the scores used, the package's indices of three patients, how many it calls improved.
package <- list(
  id = "clinicalsignificance-2.1.0.9000", kind = "indices", mean_before = 35.475, sd_before = 8.158643363848032,
  reliability = .80, mean_after = 25.7, sd_after = 13.349733503534242, reliability_after = .82,
  correlation = 0.5632913693314952, before = I(c(23, 37, 15)), after = I(c(8, 30, 5)),
  indices = list(
    I(c(-2.9069885020782, -3.57391934332337, -1.57705957876287, -4.79491595866348, -3.8638533900628, -3.03776088138369)),
    I(c(-1.35659463430316, -1.36767019168619, 0.629189572874306, -1.8349221116463, -1.47862237476253, -1.66682733703947)),
    I(c(-1.9379923347188, -2.87935942521537, -0.88249966065487, -3.86306604386177, -3.11294732969049, -2.18092741616855))),
  sem = 3.64865623314835, s_diff = 5.15997912935553, reliability_of_differences = 0.781895515099323)
for (k in 1:3) {
  with(package, stopifnot(max(abs(
    indices[[k]] - globalenv()$indices(before[k], after[k], mean_before, sd_before, reliability, mean_after, sd_after,
                                       reliability_after, correlation))) < 1e-8))
}

# ---- slopes --------------------------------------------------------------------------

growth <- function(id, data, panel) {
  data$t <- data$session - 1
  model <- lmer(all ~ t + (t | client), data = data, control = tight)
  effects <- ranef(model, condVar = TRUE)$client
  sd <- sqrt(attr(effects, "postVar")[2, 2, ])
  own <- fixef(model)[["t"]] + effects$t
  list(
    id = id, kind = "growth", panel = panel, slope = fixef(model)[["t"]], slope_se = sqrt(vcov(model)[2, 2]),
    clients = I(as.integer(rownames(effects))), deviation = I(effects$t), sd = I(sd), deviation_z = I(effects$t / sd),
    own_z = I(own / sd), beyond_deviation = sum(abs(effects$t / sd) > qnorm(.975)),
    beyond_own = sum(abs(own / sd) > qnorm(.975)), reml = REMLcrit(model))
}
is_kept <- (a$client^2 + 5 * a$session^2 + 3 * a$client * a$session) %% 13 > a$client %% 7
whole <- growth("growth-panel-a", a, "panel-a")
thinned <- growth("growth-panel-a-thinned", a[is_kept, ], "panel-a-thinned")
prints_as(c(whole$slope, whole$slope_se), c(.048313492, .011378866), 6)
prints_as(whole$deviation[1:3], c(-.0150022733, .0334482186, -.0408879599), 5)
prints_as(whole$deviation_z[1:3], c(-.347, .773, -.945), 3)
prints_as(whole$own_z[1:3], c(.770, 1.891, .172), 3)
prints_as(whole$reml, 794.7599624, 5)
stopifnot(whole$beyond_deviation == 0, whole$beyond_own == 9)

# ---- false alarms of Jacobson-Truax as a detector of drops ---------------------------

alarms <- expand.grid(reliability = c(.85, .90, .93, .95), autocorrelation = c(0, .3))
alarms$step <- pnorm(-qnorm(.975) * sqrt(2 * (1 - alarms$reliability)) / sqrt(2 * .35 * (1 - alarms$autocorrelation)))
alarms$client <- 1 - (1 - alarms$step)^11
prints_as(alarms$step, c(.100, .147, .190, .229, .063, .105, .147, .188), 3)
prints_as(alarms$client, c(.69, .83, .90, .94, .51, .71, .83, .90), 2)
table <- list(
  id = "false-alarms", kind = "false-alarms", icc = .65, sessions = 12, reliability = I(alarms$reliability),
  autocorrelation = I(alarms$autocorrelation), step = I(alarms$step), client = I(alarms$client))

# ---- drops against the client's own sessions -----------------------------------------

drops <- function(id, data, panel, prior) {
  data <- data[order(data$client, data$session), ]
  by <- split(data$all, data$client)
  squares <- vapply(by, function(x) sum((x - mean(x))^2), 0)
  degrees <- lengths(by) - 1
  pooled <- sqrt(sum(squares) / sum(degrees))
  shrunken <- sqrt((prior * pooled^2 + squares) / (prior + degrees))
  flagged <- c(); judged <- 0; references <- c(); thresholds <- c()
  for (name in names(by)) {
    x <- by[[name]]
    for (t in seq_along(x)) {
      if (t <= 3) next
      judged <- judged + 1
      reference <- mean(x[1:(t - 1)])
      threshold <- qnorm(.95) * shrunken[[name]] * sqrt(1 + 1 / (t - 1))
      references <- c(references, reference); thresholds <- c(thresholds, threshold)
      if (reference - x[t] > threshold) flagged <- c(flagged, as.integer(name) * 100 + data$session[data$client == as.integer(name)][t])
    }
  }
  list(id = id, kind = "drops", panel = panel, prior = prior, pooled = pooled, shrunken = I(unname(shrunken)), judged = judged,
       references = I(references), thresholds = I(thresholds), flagged = I(flagged))
}
drop_cases <- list(drops("drops-panel-a", a, "panel-a", 5), drops("drops-panel-a-thinned", a[is_kept, ], "panel-a-thinned", 4))

write_vector(
  "tests/vectors/change.json", "change", "tests/oracles/change.R", "R lme4, clinicalsignificance (typed)",
  paste0("R ", R.version$major, ".", R.version$minor, ", lme4 ", packageVersion("lme4"), ", clinicalsignificance 2.1.0.9000"),
  made,
  paste("Indices in the order JT, GLN, HLL, EN, NK, HA. Panels as in tests/oracles/panels.R; thinned as in mixed.json;",
        "score: mean of the items, time: session - 1. Flagged: client * 100 + session."),
  c(list(example, package, whole, thinned, table), drop_cases))
