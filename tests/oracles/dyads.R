# Reference values for dyads: agreement, limits, tracking, truth and bias, surfaces, teams.
#
# Run from the repository root:  Rscript tests/oracles/dyads.R
# Writes:                        tests/vectors/dyads.json
# Needs:                         R with lme4, lmerTest, nlme, numDeriv, sandwich, car
#
# Where no package has a statistic, it is made by another way than in the
# crate: Lin's concordance from all pairs of persons, its variance by numerical
# differentiation under normal theory, axes of the response surface by
# car::deltaMethod.

made <- "2026-11-26" # day on which the numbers were made; change it with them
source("tests/oracles/panels.R")
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
})
tight <- lmerControl(
  optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(rhobeg = 0.1, rhoend = 1e-10, maxfun = 1e5))

a <- panel_a()
kept <- function(data) (data$client^2 + 5 * data$session^2 + 3 * data$client * data$session) %% 13 > data$client %% 7
thinned <- a[kept(a), c("therapist", "client", "session", "all", "rated")]
names(thinned)[4:5] <- c("first", "second")
thinned$first[(thinned$client + thinned$session) %% 11 == 0] <- NA
thinned$second[(2 * thinned$client + thinned$session) %% 17 == 0] <- NA

lehmer$state <- 20261125
draw <- function(n) vapply(1:n, function(i) normal(), 0)
columns <- function(data) lapply(as.list(data), I)
ends <- function(estimate, error, df) unname(c(estimate, error, estimate + c(-1, 1) * qt(.975, df) * error))

# ---- association and agreement on level --------------------------------------------

level_case <- function(id, first, second) {
  use <- !is.na(first) & !is.na(second)
  x <- first[use]; y <- second[use]; n <- length(x)
  r <- cor.test(x, y)
  ccc <- 1 - mean((x - y)^2) / mean(outer(x, y, "-")^2)
  moments <- c(mean(x), mean(y), c(var(x), var(y), cov(x, y)) * (n - 1) / n)
  z <- function(m) atanh(2 * m[5] / (m[3] + m[4] + (m[1] - m[2])^2))
  stopifnot(abs(z(moments) - atanh(ccc)) < 1e-10)
  g <- numDeriv::grad(z, moments)
  s <- moments[3:5]
  V <- matrix(0, 5, 5)
  V[1:2, 1:2] <- c(s[1], s[3], s[3], s[2])
  V[3:5, 3:5] <- rbind(
    c(2 * s[1]^2, 2 * s[3]^2, 2 * s[1] * s[3]), c(2 * s[3]^2, 2 * s[2]^2, 2 * s[2] * s[3]),
    c(2 * s[1] * s[3], 2 * s[2] * s[3], s[1] * s[2] + s[3]^2))
  error <- sqrt(drop(g %*% V %*% g) / (n - 2))
  list(
    id = id, kind = "level", first = I(first), second = I(second), pairs = n,
    correlation = I(unname(c(r$estimate, r$conf.int))),
    concordance = I(c(ccc, tanh(atanh(ccc) + c(-1, 1) * qnorm(.975) * error))), z_error = error,
    double_entry = cor(c(x, y), c(y, x)))
}
x <- draw(40)
y <- round(0.7 * x + 0.4 + 0.5 * draw(40), 3)
x <- round(x, 3)
x[c(3, 17)] <- NA
y[c(17, 30)] <- NA
pefr <- list(
  c(494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427),
  c(512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451))
level_cases <- list(
  level_case("level-random", x, y), level_case("level-shifted", 3 * x, y - 2), level_case("level-negative", x, -y),
  level_case("level-peak-flow", pefr[[1]], pefr[[2]]))
prints_as(level_cases[[4]]$concordance, c(.9427424314, .850492, .978726), 6)
prints_as(level_cases[[4]]$z_error, .2572598379, 9)

# ---- elevation ------------------------------------------------------------------------

limits_single <- function(id, first, second) {
  d <- first - second; m <- (first + second) / 2
  d0 <- d[!is.na(d)]; n <- length(d0); s <- sd(d0)
  slope <- summary(lm(d ~ m))
  list(
    id = id, kind = "limits-single", first = I(first), second = I(second), dyads = n,
    mean = I(ends(mean(d0), s / sqrt(n), n - 1)),
    lower = I(ends(mean(d0) - 1.96 * s, s * sqrt(1 / n + 1.96^2 / (2 * (n - 1))), n - 1)),
    slope = I(ends(slope$coefficients[2, 1], slope$coefficients[2, 2], n - 2)))
}
limits_repeated <- function(id, data) {
  d <- data$first - data$second
  data <- data.frame(d = d, m = (data$first + data$second) / 2, dyad = factor(data$client))[!is.na(d), ]
  data$dyad <- droplevels(data$dyad)
  N <- nrow(data); J <- nlevels(data$dyad); n <- as.vector(table(data$dyad))
  ms <- summary(aov(d ~ dyad, data = data))[[1]][["Mean Sq"]]
  n0 <- (N - sum(n^2) / N) / (J - 1)
  between <- (ms[1] - ms[2]) / n0
  sd_total <- sqrt(between + ms[2])
  flat <- lm(d ~ 1, data = data)
  error <- sqrt(sandwich::vcovCL(flat, cluster = data$dyad, type = "HC0", cadjust = TRUE)[1, 1])
  # The root of a combination of mean squares, whose variances are 2 MS^2 / df.
  total <- function(ms) sqrt((ms[1] - ms[2]) / n0 + ms[2])
  g <- numDeriv::grad(total, ms)
  limit_error <- sqrt(error^2 + 1.96^2 * sum(g^2 * 2 * ms^2 / c(J - 1, N - J)))
  slope <- coef(summary(lmer(d ~ m + (1 | dyad), data = data, control = tight)))["m", ]
  list(
    id = id, kind = "limits-repeated", rows = N, dyads = J, mean = I(ends(unname(coef(flat)), error, J - 1)),
    between = between, within = ms[2], deviation = sd_total,
    upper = I(ends(unname(coef(flat)) + 1.96 * sd_total, limit_error, J - 1)),
    slope = I(ends(slope[["Estimate"]], slope[["Std. Error"]], slope[["df"]])))
}
limits_cases <- list(limits_single("limits-random", x, y), limits_repeated("limits-thinned", thinned))

# ---- tracking --------------------------------------------------------------------------

both <- thinned[!is.na(thinned$first) & !is.na(thinned$second), ]
tracking_case <- function(id) {
  model <- lm(second ~ factor(client) + first, data = both)
  table <- car::Anova(model, type = 3)
  ss <- table[c("first", "Residuals"), "Sum Sq"]
  df <- table["Residuals", "Df"]
  b <- unname(coef(model)["first"])
  r <- sign(b) * sqrt(ss[1] / sum(ss))
  list(
    id = id, kind = "tracking", rows = nrow(both), dyads = length(unique(both$client)), degrees = df, slope = b,
    p = table["first", "Pr(>F)"], correlation = I(c(r, tanh(atanh(r) + c(-1, 1) * qnorm(.975) / sqrt(df - 1)))))
}
profile_case <- function(id) {
  data <- both
  data$f <- data$first - ave(data$first, data$session)
  data$s <- data$second - ave(data$second, data$session)
  parts <- t(sapply(split(data, data$client), function(d) {
    n <- nrow(d)
    sds <- apply(d[c("first", "second")], 2, sd) * sqrt((n - 1) / n)
    c(n, if (n > 2) cor(d$first, d$second) else NA, mean(d$first) - mean(d$second), sds[[1]] - sds[[2]],
      sum((d$first - d$second)^2) / n, if (n > 2) cor(d$f, d$s) else NA)
  }))
  mean_z <- function(r) {
    use <- parts[, 1] > 3 & abs(r) < 1
    w <- parts[use, 1] - 3
    model <- lm(atanh(r[use]) ~ 1, weights = w)
    z <- unname(coef(model))
    error <- sqrt(sandwich::vcovHC(model, type = "HC1")[1, 1])
    c(tanh(z), error * (1 - tanh(z)^2), tanh(z + c(-1, 1) * qt(.975, sum(use) - 1) * error))
  }
  means <- aggregate(cbind(first, second) ~ client, data = data, FUN = mean)
  between <- cor.test(means$first, means$second)
  list(
    id = id, kind = "profile", sessions = I(parts[, 1]), correlations = I(parts[, 2]), elevations = I(parts[, 3]),
    scatters = I(parts[, 4]), squared = I(parts[, 5]), distinctive = I(parts[, 6]), mean = I(mean_z(parts[, 2])),
    mean_distinctive = I(mean_z(parts[, 6])), between = I(unname(c(between$estimate, between$conf.int))))
}
tracking_cases <- list(tracking_case("tracking-thinned"), profile_case("profile-thinned"))

truth_case <- function(id, formula, correlated, therapists) {
  data <- both
  mean <- ave(data$first, data$client)
  G <- mean(data$first)
  data$w <- data$second - G
  data$within <- data$first - mean
  data$between <- mean - G
  model <- lmer(formula, data = data, control = tight)
  b <- coef(summary(model))
  v <- as.data.frame(VarCorr(model))
  v <- v[is.na(v$var2), ]
  value <- function(group, var = "(Intercept)") v$vcov[startsWith(v$grp, group) & v$var1 %in% var]
  each <- coef(model)
  effects <- each[[if (therapists) "client:therapist" else "client"]]
  # Therapists' own part is not in a dyad's.
  order <- as.integer(sub(":.*", "", rownames(effects)))
  list(
    id = id, kind = "truth", correlated = correlated, therapists = therapists, deviance = REMLcrit(model),
    coefficients = I(unname(b[, "Estimate"])), errors = I(unname(b[, "Std. Error"])), degrees = I(unname(b[, "df"])),
    grand_mean = G, bias_variance = value("client"), accuracy_variance = value("client", "within"),
    residual = sigma(model)^2, therapist = if (therapists) value("therapist") else NA_real_,
    correlation = if (correlated) attr(VarCorr(model)$client, "correlation")[1, 2] else NA_real_,
    bias = I(effects[order(order), "(Intercept)"]), accuracy = I(effects[order(order), "within"]))
}
truth_cases <- list(
  truth_case("truth-uncorrelated", w ~ within + between + (within || client), FALSE, FALSE),
  truth_case("truth-correlated", w ~ within + between + (within | client), TRUE, FALSE),
  truth_case("truth-therapists", w ~ within + between + (1 | therapist / client), FALSE, TRUE))

partner_case <- function(id) {
  wide <- function(session) thinned[match(1:60 * 100 + session, thinned$client * 100 + thinned$session), c("first", "second")]
  data <- data.frame(wide(1), wide(2))
  names(data) <- c("c1", "t1", "c2", "t2")
  use <- data[complete.cases(data), ]
  models <- list(lm(c2 ~ c1 + t1, data = use), lm(t2 ~ t1 + c1, data = use))
  terms <- lapply(models, function(m) summary(m)$coefficients)
  list(
    id = id, kind = "partner", before_first = I(data$c1), before_second = I(data$t1), after_first = I(data$c2),
    after_second = I(data$t2), dyads = nrow(use), first = I(as.vector(t(terms[[1]][, 1:2]))),
    second = I(as.vector(t(terms[[2]][, 1:2]))), r_squared = I(sapply(models, function(m) summary(m)$r.squared)),
    residual_correlation = cor(resid(models[[1]]), resid(models[[2]])))
}
partner_cases <- list(partner_case("partner-thinned"))

steps_case <- function(id) {
  later <- both
  earlier <- both[match(paste(later$client, later$session - 1), paste(both$client, both$session)), c("first", "second")]
  names(earlier) <- c("c1", "t1")
  data <- cbind(later, earlier)[!is.na(earlier$c1), ]
  data$own_c <- data$c1 - ave(data$c1, data$client)
  data$own_t <- data$t1 - ave(data$t1, data$client)
  terms <- lapply(c("first", "second"), function(y) {
    formula <- if (y == "first") first ~ own_c + own_t + (1 | client) else second ~ own_t + own_c + (1 | client)
    coef(summary(lmer(formula, data = data, control = tight)))[, c("Estimate", "Std. Error", "df")]
  })
  fixed <- lapply(c("first", "second"), function(y) lm(data[[y]] ~ factor(data$client) + data$c1 + data$t1))
  within <- function(y) sum((data[[y]] - ave(data[[y]], data$client))^2)
  df <- nrow(data) - length(unique(data$client)) - 3
  r <- cor(resid(fixed[[1]]), resid(fixed[[2]]))
  list(
    id = id, kind = "steps", rows = nrow(data), dyads = length(unique(data$client)),
    first = I(as.vector(t(terms[[1]]))), second = I(as.vector(t(terms[[2]]))),
    r_squared = I(c(1 - sum(resid(fixed[[1]])^2) / within("first"), 1 - sum(resid(fixed[[2]])^2) / within("second"))),
    residual_correlation = I(c(r, tanh(atanh(r) + c(-1, 1) * qnorm(.975) / sqrt(df - 1)))))
}
partner_cases <- c(partner_cases, list(steps_case("steps-thinned")))

# ---- concordance of repeated ratings -------------------------------------------------------

# Components of lme4, the formula of Carrasco and Jover, and the delta method with the observed information of a REML
# likelihood written out client by client and differentiated numerically.
repeated_case <- function(id, data, repeated = TRUE) {
  data <- data[!is.na(data$first) & !is.na(data$second), ]
  data <- data[order(data$client, data$session), ]
  long <- rbind(
    data.frame(data[c("client", "session")], role = 0, y = data$first),
    data.frame(data[c("client", "session")], role = 1, y = data$second))
  simple <- lmer(y ~ role + (1 | client), data = long, control = tight)
  model <- if (!repeated) simple else
    lmer(y ~ role + (1 | client) + (1 | client:role) + (1 | client:session), data = long, control = tight)
  of <- function(model, group) { v <- as.data.frame(VarCorr(model)); v$vcov[v$grp == group] }
  groups <- if (repeated) c("client", "client:session", "client:role", "Residual") else c("client", "Residual")
  v <- vapply(groups, function(group) of(model, group), 0)
  blocks <- split(long, long$client)
  same <- function(x) outer(x, x, "==")
  criterion <- function(v) {
    XVX <- 0; XVy <- 0; yVy <- 0; log_det <- 0
    for (b in blocks) {
      X <- cbind(1, b$role)
      parts <- if (repeated) list(matrix(1, nrow(b), nrow(b)), same(b$session), same(b$role), diag(nrow(b))) else
        list(matrix(1, nrow(b), nrow(b)), diag(nrow(b)))
      V <- Reduce(`+`, Map(`*`, v, parts))
      W <- solve(V)
      XVX <- XVX + t(X) %*% W %*% X; XVy <- XVy + t(X) %*% W %*% b$y; yVy <- yVy + drop(b$y %*% W %*% b$y)
      log_det <- log_det + as.numeric(determinant(V)$modulus)
    }
    log_det + as.numeric(determinant(XVX)$modulus) + yVy - drop(t(XVy) %*% solve(XVX, XVy)) + (nrow(long) - 2) * log(2 * pi)
  }
  stopifnot(abs(criterion(v) - REMLcrit(model)) < 1e-8)
  C <- 2 * solve(numDeriv::hessian(criterion, v))
  d <- unname(fixef(model)["role"])
  of_d <- vcov(model)["role", "role"]
  role <- (d^2 - of_d) / 2
  of_role <- of_d^2 / 2 + d^2 * of_d
  concordance <- function(shared) {
    f <- function(x) sum(x[shared]) / sum(x)
    x <- c(v, role)
    g <- numDeriv::grad(f, x)
    error <- sqrt(drop(g %*% rbind(cbind(C, 0), c(rep(0, length(v)), of_role)) %*% g))
    z <- atanh(f(x)) + c(-1, 1) * qnorm(.975) * error / (1 - f(x)^2)
    c(f(x), error, tanh(z))
  }
  role_of <- function(model) (fixef(model)[["role"]]^2 - vcov(model)["role", "role"]) / 2
  naive <- c(of(simple, "client"), role_of(simple), of(simple, "Residual"))
  list(
    id = id, kind = "repeated-concordance", clients = I(data$client), sessions = I(data$session), first = I(data$first), second = I(data$second),
    repeated = repeated, components = I(unname(v)), component_errors = I(sqrt(diag(C))), role = I(c(role, sqrt(of_role))),
    same_session = I(concordance(if (repeated) 1:2 else 1)), any_session = I(if (repeated) concordance(1) else NA_real_),
    without_own_bias = naive[1] / sum(naive))
}
full <- a[c("client", "session")]
full$first <- a$all
full$second <- a$rated
repeated_cases <- list(
  repeated_case("concordance-panel-a", full), repeated_case("concordance-thinned", thinned),
  repeated_case("concordance-one-session", full[full$session == 3, ], FALSE))

# ---- congruence --------------------------------------------------------------------------

surface_case <- function(id, first, second, outcome, centre) {
  data <- data.frame(X = first - centre, Y = second - centre, Z = outcome)
  use <- data[complete.cases(data), ]
  model <- lm(Z ~ X + Y + I(X^2) + I(X * Y) + I(Y^2), data = use)
  names <- paste0("b", 0:5)
  by_delta <- function(text) {
    b <- setNames(unname(coef(model)), names)
    d <- car::deltaMethod(b, text, vcov. = matrix(vcov(model), 6, 6, dimnames = list(names, names)))
    unlist(d[1, c("Estimate", "SE")], use.names = FALSE)
  }
  x0 <- "(b2*b4 - 2*b1*b5)/(4*b3*b5 - b4^2)"
  y0 <- "(b1*b4 - 2*b2*b3)/(4*b3*b5 - b4^2)"
  p11 <- "((b5 - b3 + sqrt((b3 - b5)^2 + b4^2))/b4)"
  p21 <- "((b5 - b3 - sqrt((b3 - b5)^2 + b4^2))/b4)"
  f <- function(smaller) { t <- anova(smaller, model); c(t[2, "F"], t[2, "Df"], t[2, "Res.Df"], t[2, "Pr(>F)"]) }
  standard <- scale(use$X) - scale(use$Y)
  list(
    id = id, kind = "surface", first = I(first), second = I(second), outcome = I(outcome), centre = centre, dyads = nrow(use),
    coefficients = I(unname(coef(model))), errors = I(unname(sqrt(diag(vcov(model))))),
    surface = I(as.vector(sapply(c("b1+b2", "b3+b4+b5", "b1-b2", "b3-b4+b5", "b3-b5"), by_delta))),
    stationary = I(c(by_delta(x0), by_delta(y0))),
    first_axis = I(c(by_delta(p11), by_delta(paste0(y0, " - ", p11, "*", x0)))),
    second_axis = I(c(by_delta(p21), by_delta(paste0(y0, " - ", p21, "*", x0)))),
    r_squared = summary(model)$r.squared, quadratic = I(f(lm(Z ~ X + Y, data = use))),
    difference = I(f(lm(Z ~ I((X - Y)^2), data = use))),
    discrepancies = I(c(mean(standard > .5), mean(abs(standard) <= .5), mean(standard < -.5))))
}
early <- aggregate(cbind(all, rated) ~ client, data = a[a$session <= 4, ], FUN = mean)
last <- a$y[a$session == 8]
panel_case <- surface_case("surface-panel-a", early$all, early$rated, last, 5)
prints_as(panel_case$coefficients, c(20.7772538219, -2.2388275530, .5550230032, .0029462589, -.1519323306, -.3989753119), 9)
prints_as(panel_case$stationary[c(1, 3)], c(67.3303863, -12.1243586), 6)
xs <- draw(90)
ys <- 0.5 * xs + 0.8 * draw(90)
zs <- round(2 + 0.3 * xs - 0.6 * (xs - ys)^2 + 0.7 * draw(90), 3)
zs[c(8, 50)] <- NA
xs[50:51] <- NA
ridge_case <- surface_case("surface-congruence", round(4 + xs, 3), round(4 + ys, 3), zs, 4)
dome <- round(1 - 0.5 * (xs - 0.2)^2 - 0.9 * (ys + 0.1)^2 + 0.3 * xs * ys + 0.5 * draw(90), 3)
dome_case <- surface_case("surface-dome", round(4 + xs, 3), round(4 + ys, 3), dome, 4)

# ---- teams -----------------------------------------------------------------------------------

size <- c(4, 3, 5, 2, 1, 4, 6, 3)
team <- rep(seq_along(size), size)
quality <- draw(length(size))
answers <- sapply(1:3, function(k) pmin(7, pmax(1, round(5 + 0.8 * quality[team] + 0.9 * draw(length(team))))))
answers[2, 3] <- NA
answers[9, 1] <- NA
team_case <- function(id, uniform) {
  use <- complete.cases(answers)
  data <- data.frame(team = factor(team[use]), score = rowMeans(answers[use, ]))
  each <- lapply(split(seq_len(sum(use)), data$team), function(rows) answers[use, , drop = FALSE][rows, , drop = FALSE])
  agreement <- sapply(each, function(m) {
    if (nrow(m) < 2) return(NA)
    x <- mean(apply(m, 2, var)) / 4
    max(0, 3 * (1 - x) / (3 * (1 - x) + x))
  })
  deviation <- sapply(each, function(m) if (nrow(m) < 2) NA else mean(abs(sweep(m, 2, colMeans(m)))))
  ms <- summary(aov(score ~ team, data = data))[[1]]
  n <- as.vector(table(data$team)); N <- sum(n)
  n0 <- (N - sum(n^2) / N) / (length(n) - 1)
  f <- ms[1, "F value"]
  lower <- f / qf(.975, ms[1, "Df"], ms[2, "Df"]); upper <- f * qf(.975, ms[2, "Df"], ms[1, "Df"])
  one <- function(f) (f - 1) / (f + n0 - 1)
  list(
    id = id, kind = "teams", teams = I(team), ratings = lapply(1:3, function(k) I(answers[, k])), members = I(n),
    agreement = I(unname(agreement)), deviation = I(unname(deviation)), lowest = I(as.vector(tapply(data$score, data$team, min))),
    spread = I(as.vector(tapply(data$score, data$team, function(x) if (length(x) > 1) diff(range(x)) else NA))),
    sd = I(as.vector(tapply(data$score, data$team, sd))), one_member = I(c(one(f), one(lower), one(upper))),
    team_mean = I(1 - 1 / c(f, lower, upper)))
}

# ---- one with many ---------------------------------------------------------------------------

perceived <- draw(12)
received <- 0.4 * perceived + 0.9 * draw(12)
relation <- draw(60)
many <- data.frame(
  one = rep(1:12, each = 5), rated = round(5 + rep(perceived, each = 5) + 0.8 * relation + 0.4 * draw(60), 3),
  all = round(5.5 + rep(received, each = 5) + 0.5 * relation + 0.6 * draw(60), 3))
many_case <- function(id, rows) {
  data <- many[rows, ]
  long <- rbind(
    data.frame(one = data$one, dyad = seq_len(nrow(data)), role = "one", y = data$rated),
    data.frame(one = data$one, dyad = seq_len(nrow(data)), role = "rmany", y = data$all))
  long <- long[order(long$one, long$dyad, long$role), ]
  model <- nlme::lme(
    y ~ 0 + role, random = ~ 0 + role | one, data = long, weights = nlme::varIdent(form = ~ 1 | role),
    correlation = nlme::corSymm(form = ~ 1 | one / dyad), method = "REML",
    control = nlme::lmeControl(msTol = 1e-11, tolerance = 1e-10, maxIter = 200, msMaxIter = 500, msMaxEval = 5000))
  G <- nlme::getVarCov(model)
  ratio <- coef(model$modelStruct$varStruct, unconstrained = FALSE)
  rho <- coef(model$modelStruct$corStruct, unconstrained = FALSE)
  residual <- model$sigma * c(1, ratio)
  list(
    id = id, kind = "many", ones = I(data$one), by_the_one = I(data$rated), by_the_many = I(data$all),
    between = I(c(G[1, 1], G[2, 2], G[1, 2])), within = I(unname(c(residual^2, rho * prod(residual)))))
}
many_cases <- list(many_case("many-balanced", 1:60), many_case("many-unbalanced", setdiff(1:60, c(1, 2, 3, 9, 20, 21, 40, 41, 42, 43, 60))))

version <- function(package) paste(package, packageVersion(package))
write_vector(
  "tests/vectors/dyads.json", "dyads", "tests/oracles/dyads.R", "R, lme4, lmerTest, nlme, sandwich, car, numDeriv",
  paste0("R ", getRversion(), ", ", paste(vapply(c("lme4", "lmerTest", "nlme", "sandwich", "car", "numDeriv"), version, ""), collapse = ", ")),
  made,
  paste(
    "thinned: panel A (tests/oracles/panels.R) without the rows of mixed.json, first = all, second = rated, first missing",
    "where (client + session) mod 11 is 0, second where (2 client + session) mod 17 is 0. Estimates with intervals:",
    "value, (standard error,) low, high. surface, axes, stationary: value, standard error in turn. F tests: F, df, df, p.",
    "many: variance of the one's ratings, of the many's, covariance; from the bivariate REML model, digits of its optimiser."),
  c(level_cases, repeated_cases, limits_cases, tracking_cases, truth_cases, partner_cases, list(panel_case, ridge_case, dome_case, team_case("teams-random")), many_cases))
