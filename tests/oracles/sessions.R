# Reference values for reliability across sessions.
#
# Run from the repository root:  Rscript tests/oracles/sessions.R
# Writes:                        tests/vectors/sessions.json
# Needs:                         R with lme4, lmerTest, psych, numDeriv
#
# Mean squares come from aov, coefficients of the crossed design from
# psych::multilevel.reliability, unbalanced components from lme4 (with
# tightened tolerances), ICCs of two sessions from psych::ICC by mean squares
# (its default is REML).

made <- "2026-11-25" # day on which the numbers were made; change it with them
source("tests/oracles/panels.R")
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
})
tight <- lmerControl(
  optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(rhobeg = 0.1, rhoend = 1e-10, maxfun = 1e5))

a <- panel_a()
b <- panel_b()
kept <- function(data) (data$client^2 + 5 * data$session^2 + 3 * data$client * data$session) %% 13 > data$client %% 7
# Shrout and Lane (2012), as in the help of psych::multilevel.reliability.
shrout <- data.frame(
  client = rep(1:5, 4), session = rep(1:4, each = 5),
  i1 = c(2, 3, 6, 3, 7, 3, 5, 6, 3, 8, 4, 4, 7, 5, 6, 1, 5, 8, 8, 6),
  i2 = c(3, 4, 6, 4, 8, 3, 7, 7, 5, 8, 2, 6, 8, 6, 7, 3, 9, 9, 7, 8),
  i3 = c(6, 4, 5, 3, 7, 4, 7, 8, 9, 9, 5, 7, 9, 7, 8, 4, 7, 9, 9, 6))
# Rows and single answers missing.
gaps <- a[kept(a), c("therapist", "client", "session", "i1", "i2", "i3", "i4")]
for (k in 1:4) gaps[(gaps$client + 2 * gaps$session + 3 * k) %% 11 == 0, paste0("i", k)] <- NA

long <- function(data, items) {
  data <- do.call(rbind, lapply(items, function(item) {
    data.frame(client = data$client, session = data$session, item = item, answer = data[[item]])
  }))
  data <- data[!is.na(data$answer), ]
  for (name in c("client", "session", "item")) data[[name]] <- factor(data[[name]])
  data
}
harmonic <- function(x) 1 / mean(1 / x)

# ---- crossed ---------------------------------------------------------------------

crossed <- function(id, data, items) {
  l <- long(data, items)
  table <- summary(aov(answer ~ client * session * item, data = l))[[1]]
  names <- trimws(rownames(table))
  ms <- setNames(table[["Mean Sq"]], names)
  df <- setNames(table[["Df"]], names)
  sources <- c("client", "session", "item", "client:session", "client:item", "session:item", "client:session:item")
  ms <- ms[sources]
  df <- df[sources]
  p <- nlevels(l$client); t <- nlevels(l$session); i <- nlevels(l$item)
  W <- rbind(
    c(1, 0, 0, -1, -1, 0, 1) / (t * i), c(0, 1, 0, -1, 0, -1, 1) / (p * i), c(0, 0, 1, 0, -1, -1, 1) / (p * t),
    c(0, 0, 0, 1, 0, 0, -1) / i, c(0, 0, 0, 0, 1, 0, -1) / t, c(0, 0, 0, 0, 0, 1, -1) / p, c(0, 0, 0, 0, 0, 0, 1))
  components <- drop(W %*% ms)
  se <- sqrt(drop(W^2 %*% (2 * ms^2 / df)))
  wide <- data[order(data$client, data$session), c("client", "session", items)]
  found <- suppressWarnings(suppressMessages(
    psych::multilevel.reliability(wide, grp = "client", Time = "session", items = items, alpha = FALSE, aov = TRUE, lme = TRUE)))
  # Standard error of a coefficient by numerical differentiation in the mean squares.
  coefficients <- function(ms) {
    v <- pmax(0, drop(W %*% ms))
    s <- v[1] + v[5] / i
    c(s / (s + v[7] / i), s / (s + v[7] / (i * t)), s / (s + v[2] + v[4] + v[7] / i),
      s / (s + v[2] / t + v[4] / t + v[7] / (i * t)), v[4] / (v[4] + v[7] / i))
  }
  prints <- c(found$RkF, found$R1R, found$RkR, found$Rc) # psych has no R1F
  stopifnot(max(abs(coefficients(ms)[-1] - prints)) < 1e-9)
  J <- numDeriv::jacobian(coefficients, ms)
  f <- ms[4] / ms[7]
  list(
    id = id, kind = "crossed", mean_squares = I(unname(ms)), degrees_of_freedom = I(unname(df)),
    components = I(components), component_standard_errors = I(se),
    coefficients = I(coefficients(ms)), coefficient_standard_errors = I(sqrt(drop(J^2 %*% (2 * ms^2 / df)))),
    psych = I(unname(prints)), psych_nested = I(c(found$RkRn, found$Rcn)),
    change_interval = I(c(1 - qf(.975, df[4], df[7]) / f, 1 - 1 / (f * qf(.975, df[7], df[4])))))
}
shrout_case <- crossed("crossed-shrout", shrout, c("i1", "i2", "i3"))
prints_as(shrout_case$mean_squares, c(32.31667, 9.66111, 13.81667, 3.71667, 1.44167, 1.19444, 0.958333), 5)
prints_as(shrout_case$coefficients[2:5], c(.9675782351, .5954198473, .8547945205, .7421524664), 10)
shrout_case$data <- as.list(as.data.frame(t(as.matrix(shrout))))
shrout_case$data <- lapply(unname(shrout_case$data), I)
a_case <- crossed("crossed-panel-a", a, paste0("i", 1:4))
prints_as(a_case$components[6], -.0022136, 7)

# ---- nested ------------------------------------------------------------------------

nested <- function(id, data, items, removed = FALSE, panel) {
  l <- long(data, items)
  l$occasion <- interaction(l$client, l$session, drop = TRUE)
  formula <- if (removed) answer ~ item + (1 | client / occasion) else answer ~ 1 + (1 | client / occasion)
  model <- lmer(formula, data = l, control = tight)
  v <- as.data.frame(VarCorr(model))
  value <- function(group) v$vcov[v$grp == group]
  components <- c(value("client"), value("occasion:client"), value("Residual"))
  K <- harmonic(tapply(l$occasion, l$client, function(x) length(unique(x))))
  m <- harmonic(table(l$occasion))
  coefficients <- function(v) c(
    v[1] / (v[1] + v[2] + v[3] / m), v[1] / (v[1] + v[2] / K + v[3] / (K * m)), v[2] / (v[2] + v[3] / m))
  A <- as_lmerModLmerTest(model)@vcov_varpar
  theta <- getME(model, "theta") # occasion:client, client
  variances <- function(p) p[3]^2 * c(p[2]^2, p[1]^2, 1)
  J <- numDeriv::jacobian(variances, c(theta, sigma(model)))
  V <- J %*% A %*% t(J)
  G <- numDeriv::jacobian(coefficients, components)
  list(
    id = id, kind = "nested", panel = panel, removed = removed, clients = nlevels(factor(l$client)),
    sessions = K, items = m, answers = nrow(l), components = I(components),
    component_standard_errors = I(sqrt(diag(V))), coefficients = I(coefficients(components)),
    coefficient_standard_errors = I(sqrt(diag(G %*% V %*% t(G)))))
}
items <- paste0("i", 1:4)
nested_cases <- list(
  nested("nested-shrout", shrout, c("i1", "i2", "i3"), panel = "shrout"),
  nested("nested-panel-a", a, items, panel = "panel-a"),
  nested("nested-gaps", gaps, items, panel = "gaps"),
  nested("nested-shrout-removed", shrout, c("i1", "i2", "i3"), TRUE, "shrout"),
  nested("nested-panel-a-removed", a, items, TRUE, "panel-a"),
  nested("nested-gaps-removed", gaps, items, TRUE, "gaps"))
prints_as(nested_cases[[1]]$components, c(2.284259259, 1.057407407, 1.733333333), 5)
prints_as(nested_cases[[1]]$coefficients[2:3], c(.848203541, .646659117), 6)
# The dossier has psych's numbers here, from nlme with its default tolerances: five digits.
stopifnot(abs(nested_cases[[2]]$coefficients[2:3] - c(.94293188, .49437366)) < 1e-5)

# ---- alpha -------------------------------------------------------------------------

alphas <- function(id, data, panel) {
  x <- data[stats::complete.cases(data[items]), ]
  X <- as.matrix(x[items])
  group <- factor(x$client)
  J <- nlevels(group); N <- nrow(X); n <- as.vector(table(group))
  means <- apply(X, 2, function(column) tapply(column, group, mean))
  W <- X - means[as.integer(group), ]
  S_W <- crossprod(W) / (N - J)
  C <- sweep(means, 2, colMeans(X))
  MS_B <- crossprod(C * sqrt(n)) / (J - 1)
  n0 <- (N - sum(n^2) / N) / (J - 1)
  S_B <- (MS_B - S_W) / n0
  alpha <- function(S) nrow(S) / (nrow(S) - 1) * (1 - sum(diag(S)) / sum(S))
  a_w <- alpha(S_W)
  k <- length(items)
  df <- c(N - J, (N - J) * (k - 1))
  list(
    id = id, kind = "alpha", panel = panel, clients = J, rows = N, within = a_w, between = alpha(S_B),
    pooled = alpha(cov(X)), item_icc = I(unname(diag(S_B) / (diag(S_B) + diag(S_W)))),
    sem = sqrt(sum(S_W)) / k * sqrt(1 - a_w),
    feldt = I(c(1 - (1 - a_w) * qf(.975, df[1], df[2]), 1 - (1 - a_w) * qf(.025, df[1], df[2]))),
    within_covariance = I(as.vector(S_W)), between_covariance = I(as.vector(S_B)))
}
alpha_cases <- list(alphas("alpha-panel-a", a, "panel-a"), alphas("alpha-gaps", gaps, "gaps"))
prints_as(c(alpha_cases[[1]]$within, alpha_cases[[1]]$between, alpha_cases[[1]]$pooled),
          c(.550853505, .995454133, .848979829), 9)
prints_as(alpha_cases[[1]]$item_icc, c(.4718349, .4594167, .5073040, .4444314), 7)

# ---- ICC of session scores -----------------------------------------------------------

icc <- function(id, data, score, therapists, panel) {
  data$score <- data[[score]]
  data <- data[!is.na(data$score), ]
  for (name in c("client", "therapist")) data[[name]] <- factor(data[[name]])
  model <- lmer(if (therapists) score ~ 1 + (1 | therapist / client) else score ~ 1 + (1 | client), data = data, control = tight)
  v <- as.data.frame(VarCorr(model))
  value <- function(group) { x <- v$vcov[v$grp == group]; if (length(x)) x else 0 }
  components <- c(value("therapist"), if (therapists) value("client:therapist") else value("client"), value("Residual"))
  sessions <- harmonic(table(data$client))
  level <- components[1] + components[2]
  case <- list(
    id = id, kind = "icc", panel = panel, score = score, therapists = therapists, clients = nlevels(data$client),
    sessions = sessions, components = I(components), one = level / sum(components),
    mean = level / (level + components[3] / sessions), same_therapist = components[1] / sum(components))
  if (!therapists && length(unique(table(data$client))) == 1) {
    t <- sessions
    ms <- summary(aov(score ~ client, data = data))[[1]]
    f <- ms[1, "F value"]
    fl <- f / qf(.975, ms[1, "Df"], ms[2, "Df"])
    fu <- f * qf(.975, ms[2, "Df"], ms[1, "Df"])
    case$interval <- I(c((fl - 1) / (fl + t - 1), (fu - 1) / (fu + t - 1)))
    case$mean_interval <- I(c(1 - 1 / fl, 1 - 1 / fu))
    agrees <- abs(case$one - (f - 1) / (f + t - 1))
    stopifnot(agrees < 1e-7)
  }
  case
}
gaps_mean <- gaps
gaps_mean$all <- rowMeans(gaps[items]) # missing if an answer is
icc_cases <- list(
  icc("icc-panel-a", a, "all", FALSE, "panel-a"),
  icc("icc-gaps", gaps_mean, "all", FALSE, "gaps"),
  icc("icc-panel-b", b, "y", TRUE, "panel-b"),
  icc("icc-panel-b-thinned", b[kept(b), ], "y", TRUE, "panel-b-thinned"))
prints_as(c(icc_cases[[1]]$one, icc_cases[[1]]$mean), c(.6737925844, .9429362947), 6)
# Made with lme4's default tolerances: five digits.
stopifnot(abs(icc_cases[[3]]$components - c(.41043345, .38371507, .38865235)) < 1e-5)

# ---- stability -----------------------------------------------------------------------

stable <- function(id, score, first, second) {
  x <- a[a$session == first, score]
  y <- a[a$session == second, score]
  found <- suppressWarnings(psych::ICC(cbind(x, y), lmer = FALSE))$results
  row <- function(type) unlist(found[found$type == type, c("ICC", "lower bound", "upper bound")], use.names = FALSE)
  change <- t.test(y, x, paired = TRUE)
  r <- cor.test(x, y)
  list(
    id = id, kind = "stability", score = score, first = first, second = second,
    agreement = I(row("ICC2")), consistency = I(row("ICC3")),
    correlation = I(unname(c(r$estimate, r$conf.int))), sem = sd(y - x) / sqrt(2),
    change = I(unname(c(change$estimate, change$stderr, change$conf.int))))
}
stability_cases <- list(
  stable("stability-client", "all", 1, 2), stable("stability-client-late", "all", 1, 8),
  stable("stability-therapist", "rated", 1, 2))

# ---- contrast of raters ---------------------------------------------------------------

one_rater <- function(data, score) {
  data$score <- data[[score]]
  n <- as.vector(table(data$client)); N <- sum(n); J <- length(n)
  ms <- summary(aov(score ~ factor(client), data = data))[[1]][["Mean Sq"]]
  n0 <- (N - sum(n^2) / N) / (J - 1)
  steps <- unlist(lapply(split(data, data$client), function(d) {
    d <- d[order(d$session), ]
    diff(d$score)[diff(d$session) == 1]
  }))
  within <- lm(score ~ factor(client) + session, data = data)
  c((ms[1] - ms[2]) / (ms[1] + (n0 - 1) * ms[2]), sqrt(ms[2]), sqrt(mean(steps^2)), unname(coef(within)["session"]))
}
contrast_case <- function(id, data, panel) list(
  id = id, kind = "contrast", panel = panel, clients = length(unique(data$client)), rows = nrow(data),
  first = I(one_rater(data, "all")), second = I(one_rater(data, "rated")))
thinned <- a[kept(a), ]
contrast_cases <- list(contrast_case("contrast-panel-a", a, "panel-a"), contrast_case("contrast-thinned", thinned, "panel-a-thinned"))

# ---- crossed targets and raters with missing cells -------------------------------------

judged <- function(id, ratings) {
  l <- data.frame(
    rating = as.vector(ratings), target = factor(row(ratings)), rater = factor(col(ratings)))
  model <- lmer(rating ~ 1 + (1 | target) + (1 | rater), data = l, na.action = na.omit, control = tight)
  v <- as.data.frame(VarCorr(model))
  value <- function(group) v$vcov[v$grp == group]
  A <- as_lmerModLmerTest(model)@vcov_varpar
  names <- names(getME(model, "theta"))
  theta <- unname(getME(model, "theta"))
  target <- grep("target", names); rater <- grep("rater", names)
  variances <- function(p) p[3]^2 * c(1, p[target]^2, p[rater]^2)
  J <- numDeriv::jacobian(variances, c(theta, sigma(model)))
  singular <- isSingular(model, tol = 1e-6)
  list(
    id = id, kind = "judged", ratings = lapply(1:nrow(ratings), function(r) I(ratings[r, ])), deviance = REMLcrit(model),
    mean = unname(fixef(model)), mean_standard_error = sqrt(as.matrix(vcov(model))[1, 1]), singular = singular,
    components = I(c(value("Residual"), value("target"), value("rater"))),
    component_standard_errors = I(if (singular) rep(NA_real_, 3) else sqrt(diag(J %*% A %*% t(J)))))
}
sf79 <- rbind(c(9, 2, 5, 8), c(6, 1, 3, 2), c(8, 4, 6, 8), c(7, 1, 2, 6), c(10, 5, 6, 9), c(6, 2, 4, 7))
holes <- sf79
holes[1, 2] <- NA
holes[4, 4] <- NA
# Clients as targets, sessions as raters, a third of the cells missing.
wide <- t(sapply(split(a, a$client), function(d) ifelse(kept(d), d$all, NA)))
# Raters that do not differ.
even <- outer(1:9, 1:3, function(i, j) i + ((i + j) %% 3) / 2)
judged_cases <- list(
  judged("judged-complete", sf79), judged("judged-missing", holes), judged("judged-sessions", wide), judged("judged-boundary", even))
stopifnot(abs(judged_cases[[2]]$components / c(.93140702, 2.94020804, 4.55056226) - 1) < 1e-5)
prints_as(judged_cases[[2]]$deviance, 83.694145, 6)
stopifnot(abs(judged_cases[[1]]$components / c(1.0194434, 2.5555628, 5.2444508) - 1) < 1e-5)
stopifnot(judged_cases[[4]]$singular)

version <- function(package) paste(package, packageVersion(package))
write_vector(
  "tests/vectors/sessions.json", "sessions", "tests/oracles/sessions.R", "R aov, psych, lme4, lmerTest",
  paste0("R ", getRversion(), ", ", paste(vapply(c("psych", "lme4", "lmerTest", "numDeriv"), version, ""), collapse = ", ")),
  made,
  paste(
    "Panels as in tests/oracles/panels.R; thinned as in mixed.json; gaps: panel-a-thinned with item k missing where",
    "(client + 2 session + 3 k) mod 11 is 0. crossed: mean squares and components of client, session, item,",
    "client:session, client:item, session:item, residual; coefficients R1F, RkF, R1R, RkR, Rc, psych the same without",
    "R1F. nested: components client, session in client, residual; coefficients of one session, RkRn, Rcn.",
    "icc: components therapist, client, residual. stability: estimate and interval, change: mean, standard error,",
    "interval. contrast: ICC(1), within SD, RMS successive difference, within slope of all and of rated. judged: components",
    "residual, target, rater; a missing rating is null."),
  c(list(shrout_case, a_case), nested_cases, alpha_cases, icc_cases, stability_cases, contrast_cases, judged_cases))
