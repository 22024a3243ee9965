# Reference values for syntheses of correlations and comparisons of correlations.
#
# Run from the repository root:  Rscript tests/oracles/synthesis.R
# Writes:                        tests/vectors/synthesis.json
# Needs:                         R with metafor, metadat, psych
#
# Meta-analyses come from metafor (REML and ML with tightened tolerances), the data
# from metadat: Molloy et al. (2014), conscientiousness and medication adherence.

made <- "2026-11-26" # day on which the numbers were made; change it with them
source("tests/oracles/panels.R")
suppressPackageStartupMessages({
  library(metafor)
  library(metadat)
})
molloy <- dat.molloy2014
r <- molloy$ri; n <- molloy$ni
z <- atanh(r); v <- 1 / (n - 3)
tight <- list(threshold = 1e-14, maxiter = 10000, tol = 1e-14)

interval <- function(fit) { p <- predict(fit); c(p$pi.lb, p$pi.ub) }
fits <- function(id, yi, vi, k_names) {
  lapply(c("DL", "REML", "ML", "PM", "HS", "SJ", "HE", "EE"), function(method) {
    fit <- rma(yi, vi, method = method, control = tight)
    knha <- rma(yi, vi, method = method, test = "knha", control = tight)
    case <- list(
      id = paste(id, method), kind = "meta", data = id, estimator = if (method == "EE") "CE" else method, effect = fit$beta[1], se = fit$se,
      interval = I(c(fit$ci.lb, fit$ci.ub)), statistic = fit$zval, p = fit$pval, tau2 = fit$tau2,
      tau2_se = if (method %in% c("ML", "REML")) fit$se.tau2 else NA_real_, i2 = fit$I2, h2 = fit$H2, q = fit$QE, q_p = fit$QEp,
      knha_effect = knha$beta[1], knha_se = knha$se, knha_interval = I(c(knha$ci.lb, knha$ci.ub)), knha_p = knha$pval)
    if (method != "EE") {
      case$prediction_normal <- I(interval(fit))
      case$prediction_knha <- I(interval(knha))
      k <- length(yi)
      case$prediction_k2 <- I(fit$beta[1] + c(-1, 1) * qt(.975, k - 2) * sqrt(fit$tau2 + fit$se^2))
      profile <- confint(fit, control = list(tol = 1e-13))$random
      case$tau2_interval <- I(unname(profile["tau^2", 2:3]))
      case$i2_interval <- I(unname(profile["I^2(%)", 2:3]))
    } else {
      case$i2 <- NA_real_
      case$h2 <- NA_real_
    }
    case
  })
}
molloy_fits <- fits("molloy", z, v)
three <- list(y = c(.10, .35, .60), v = c(.02, .015, .03))
same <- list(y = c(.21, .20, .22, .19, .205), v = c(.02, .015, .03, .011, .05))
two <- list(y = c(.1, .6), v = c(.02, .03))
all_fits <- c(molloy_fits, fits("three", three$y, three$v), fits("same", same$y, same$v), fits("two", two$y, two$v))

# What the dossier of this project printed.
by <- function(method) molloy_fits[[match(method, c("DL", "REML", "ML", "PM", "HS", "SJ", "HE"))]]
for (printed in list(
  list("DL", .149598, .031161, .088523, .210673, .007763, 60.6913), list("REML", .149918, .031561, .088060, .211776, .008111, 61.7324),
  list("ML", .148742, .030167, .089615, .207869, .006927, 57.9432), list("PM", .151007, .033065, .086201, .215812, .009479, 65.3423),
  list("HS", .148131, .029517, .090279, .205983, .006403, 56.0146), list("SJ", .152961, .036545, .081334, .224589, .012996, 72.1054),
  list("HE", .151910, .034521, .084250, .219570, .010892, 68.4184))) {
  case <- by(printed[[1]])
  # Made with metafor's default tolerances: five digits.
  stopifnot(abs(c(case$effect, case$se, case$interval, case$tau2) - unlist(printed[2:6])) < 1e-5)
  stopifnot(abs(case$i2 - printed[[7]]) < 5e-3)
}
near <- function(x, printed) stopifnot(all(abs(x - printed) < 2e-5))
near(c(by("REML")$knha_se, by("REML")$knha_interval, by("REML")$knha_p), c(.0327699961, .0800703951, .2197655818, .000364733))
near(c(by("REML")$prediction_normal, by("REML")$prediction_k2, by("REML")$prediction_knha),
     c(-.037118, .336954, -.0547614, .3545974, -.0543498, .3541858))
prints_as(c(by("REML")$q, by("REML")$q_p), c(38.15952, .000855), 5)
prints_as(by("REML")$tau2_interval, c(.0017, .0378), 4)

# ---- leaving one out, small studies -------------------------------------------------

reml <- rma(z, v, control = tight)
without <- vapply(seq_along(z), function(i) rma(z[-i], v[-i], control = tight)$beta[1], 0)
near(c(min(without), max(without)), c(.135290951, .164714377))
stopifnot(which.min(without) == 12, which.max(without) == 10)
egger <- summary(lm(z ~ sqrt(v), weights = 1 / v))$coefficients
prints_as(egger[2, 3:4], c(1.3450, .2000), 4)
stopifnot(abs(regtest(reml, model = "lm")$zval - egger[2, 3]) < 1e-10)
filled <- function(yi, vi, side) {
  fit <- trimfill(rma(yi, vi, control = tight), side = side, control = tight)
  list(data = I(yi), variances = I(vi), side = side, filled = fit$k0, effect = fit$beta[1], se = fit$se)
}
trims <- list(filled(z, v, "left"), filled(z, v, "right"), filled(-z^2, v, "right"), filled(c(exp(z), 2, 2.5), c(v, .1, .2), "left"))
prints_as(c(trims[[1]]$effect, trims[[1]]$se), c(.1288, .0333), 4)
stopifnot(trims[[1]]$filled == 2)
trims <- lapply(seq_along(trims), function(i) c(list(id = paste("trim", i), kind = "trim"), trims[[i]]))
bias <- list(id = "bias molloy", kind = "bias", without = I(without), egger = egger[2, 1], egger_se = egger[2, 2], egger_t = egger[2, 3])

# ---- correlations as they are: Hunter and Schmidt --------------------------------------

mean_r <- sum(n * r) / sum(n)
bare <- list(id = "hunter-schmidt molloy", kind = "hunter-schmidt", mean = mean_r, observed = sum(n * (r - mean_r)^2) / sum(n),
             error = (1 - mean_r^2)^2 / (mean(n) - 1))
bare$true <- bare$observed - bare$error
prints_as(c(bare$mean, bare$observed, bare$error, bare$true), c(.123494158, .0105036606, .0044419398, .0060617209), 9)

# ---- conversions -------------------------------------------------------------------------

d_of <- function(r) 2 * r / sqrt(1 - r^2)
r_of <- function(d) d / sqrt(d^2 + 4)
integral <- integrate(function(x) tanh(.3 + sqrt(.05) * x) * dnorm(x), -12, 12, rel.tol = 1e-13)$value
conversions <- list(
  id = "conversions", kind = "conversions", r = I(c(.278, -.5, .9)), d = I(d_of(c(.278, -.5, .9))),
  d_groups = .62, sizes = I(c(30, 70)), r_groups = .62 / sqrt(.62^2 + 100^2 / 2100),
  odds = I(c(.5, 2.5)), d_odds = I(log(c(.5, 2.5)) * sqrt(3) / pi), cles = pnorm(.579 / sqrt(2)), integral = integral,
  disattenuated = .26 / sqrt(.77 * .90))
prints_as(conversions$d[1], .57882, 5)
prints_as(r_of(c(.55, .62)), c(.26516, .29610), 5)
prints_as(conversions$cles, .659, 3)
prints_as(conversions$disattenuated, .3123, 4)

# ---- two correlations with a shared variable -----------------------------------------------
# Formulas of Steiger (1980) and of Meng, Rosenthal and Rubin (1992); Williams's test of psych points the same way.

compare <- function(rxy, rzy, rxz, n) {
  zx <- atanh(rxy); zz <- atanh(rzy)
  cov_r <- function(a, b) rxz * (1 - a^2 - b^2) - .5 * a * b * (1 - a^2 - b^2 - rxz^2)
  s <- function(a, b) cov_r(a, b) / ((1 - a^2) * (1 - b^2))
  m <- (rxy + rzy) / 2
  r2 <- (rxy^2 + rzy^2) / 2
  f <- min(1, (1 - rxz) / (2 * (1 - r2)))
  h <- (1 - f * r2) / (1 - r2)
  li <- tanh(zx + c(-1, 1) * qnorm(.975) / sqrt(n - 3)); lz <- tanh(zz + c(-1, 1) * qnorm(.975) / sqrt(n - 3))
  corr <- s(rxy, rzy)
  zou <- (rxy - rzy) + c(
    -sqrt((rxy - li[1])^2 + (lz[2] - rzy)^2 - 2 * corr * (rxy - li[1]) * (lz[2] - rzy)),
    sqrt((li[2] - rxy)^2 + (rzy - lz[1])^2 - 2 * corr * (li[2] - rxy) * (rzy - lz[1])))
  williams <- psych::r.test(n, r12 = rxy, r13 = rzy, r23 = rxz)$t
  case <- list(
    id = paste("dependent", rxy, rzy, rxz, n), kind = "dependent", r_xy = rxy, r_zy = rzy, r_xz = rxz, n = n,
    dunn_clark = (zx - zz) * sqrt(n - 3) / sqrt(2 - 2 * s(rxy, rzy)), steiger = (zx - zz) * sqrt(n - 3) / sqrt(2 - 2 * s(m, m)),
    meng = (zx - zz) * sqrt((n - 3) / (2 * (1 - rxz) * h)), zou = I(zou))
  # psych has Williams's t, a test of its own: near the z.
  stopifnot(abs(abs(williams) - abs(case$steiger)) < .2)
  case
}
dependent <- list(compare(.396, .179, .088, 66), compare(.30, .18, .45, 120), compare(-.2, .15, .3, 40), compare(.5, .42, .8, 200))

# ---- moderators ------------------------------------------------------------------------------

controls <- molloy$controls == "none"
prospective <- as.numeric(molloy$design == "prospective")
age <- molloy$meanage
regress <- function(id, yi, vi, mods) {
  lapply(c("DL", "REML", "ML", "PM", "HS", "SJ", "HE", "EE"), function(method) {
    fit <- rma(yi, vi, mods = mods, method = method, control = tight)
    knha <- rma(yi, vi, mods = mods, method = method, test = "knha", control = tight)
    profile <- if (method == "EE") NULL else confint(fit, control = list(tol = 1e-13))$random
    list(
      id = paste(id, method), kind = "regression", effects = I(yi), variances = I(vi), moderators = unname(as.list(as.data.frame(mods))),
      estimator = if (method == "EE") "CE" else method, coefficients = I(c(fit$beta)), se = I(fit$se), p = I(fit$pval),
      low = I(fit$ci.lb), high = I(fit$ci.ub), tau2 = fit$tau2, tau2_se = if (method %in% c("ML", "REML")) fit$se.tau2 else NA_real_,
      i2 = if (method == "EE") NA_real_ else fit$I2, h2 = if (method == "EE") NA_real_ else fit$H2,
      r2 = if (is.null(fit$R2)) NA_real_ else fit$R2, q = fit$QE, q_p = fit$QEp, qm = fit$QM, qm_p = fit$QMp,
      tau2_interval = if (is.null(profile)) I(c(NA_real_, NA_real_)) else I(unname(profile["tau^2", 2:3])),
      knha_se = I(knha$se), knha_p = I(knha$pval), knha_low = I(knha$ci.lb), knha_f = knha$QM, knha_f_p = knha$QMp)
  })
}
regressions <- c(regress("design", z, v, cbind(prospective)), regress("design, age and control", z, v, cbind(prospective, age, controls * 1)))
printed <- regressions[[2]]
prints_as(c(printed$coefficients[2], printed$se[2], printed$tau2, printed$qm, printed$q), c(-.0298, .0682, .0090, .1911, 34.8274), 4)

# ---- three levels ------------------------------------------------------------------------------

schools <- with(dat.konstantopoulos2011, data.frame(yi = as.numeric(yi), vi, district, school, year))
# As exact as the optimizer gets there.
exactly <- function(arguments) {
  for (tolerance in c(1e-12, 1e-11, 1e-10, 1e-9, 1e-8)) {
    arguments$control <- list(rel.tol = tolerance, iter.max = 10000, eval.max = 10000)
    fit <- tryCatch(suppressWarnings(do.call(rma.mv, arguments)), error = function(e) NULL)
    if (!is.null(fit)) return(fit)
  }
  stop("no fit")
}
levels_of <- function(id, yi, vi, cluster, mods, method) {
  data <- data.frame(yi = yi, vi = vi, cluster = cluster, effect = seq_along(yi))
  fit_with <- function(...) {
    arguments <- list(yi = data$yi, V = data$vi, random = ~ 1 | cluster / effect, data = data, method = method, ...)
    if (!is.null(mods)) arguments$mods <- mods
    exactly(arguments)
  }
  fit <- fit_with()
  contained <- fit_with(test = "t", dfs = "contain")
  # Clusters less coefficients: what metafor takes for the intercept and for moderators of clusters.
  stopifnot(min(contained$ddf) == length(unique(cluster)) - fit$p)
  t_fit <- fit_with(test = "t")
  case <- list(
    id = paste(id, method), kind = "three-level", effects = I(yi), variances = I(vi), clusters = I(as.integer(factor(cluster))),
    moderators = if (is.null(mods)) list() else unname(as.list(as.data.frame(mods))), estimator = method,
    coefficients = I(c(fit$beta)), se = I(fit$se), low = I(fit$ci.lb), high = I(fit$ci.ub), p = I(fit$pval),
    between = fit$sigma2[1], within = fit$sigma2[2], q = fit$QE, q_p = fit$QEp, deviance = -2 * c(logLik(fit)), degrees = min(contained$ddf),
    t_low = I(c(fit$beta) - qt(.975, min(contained$ddf)) * fit$se), qm = if (fit$int.only) NA_real_ else fit$QM, qm_p = if (fit$int.only) NA_real_ else fit$QMp)
  loose <- list(yi = data$yi, V = data$vi, random = ~ 1 | cluster / effect, data = data, method = method)
  if (!is.null(mods)) loose$mods <- mods
  loose <- suppressWarnings(do.call(rma.mv, loose)) # profiling refits, and fails with narrower tolerances
  profiles <- lapply(1:2, function(j) confint(loose, sigma2 = j, control = list(tol = 1e-9))$random[1, 2:3])
  case$between_interval <- I(unname(profiles[[1]]))
  case$within_interval <- I(unname(profiles[[2]]))
  if (fit$int.only) {
    stopifnot(abs(case$t_low - contained$ci.lb) < 1e-9)
    normal <- predict(fit)
    inside <- predict(contained)
    case$prediction_normal <- I(c(normal$pi.lb, normal$pi.ub))
    case$prediction_less_one <- I(c(inside$pi.lb, inside$pi.ub))
    case$weights <- I(unname(weights(fit, type = "rowsum")))
  }
  case
}
set.seed(20261126)
samples <- sort(sample(1:9, 24, replace = TRUE))
many <- list(y = round(.3 + rnorm(9, 0, .2)[samples] + rnorm(24, 0, .1), 3), v = round(runif(24, .01, .06), 4), x = round(rnorm(24), 2))
flat <- list(y = round(.25 + rnorm(24, 0, .15), 3), v = rep(.05, 24))
three_levels <- list(
  levels_of("schools", schools$yi, schools$vi, schools$district, NULL, "REML"), levels_of("schools", schools$yi, schools$vi, schools$district, NULL, "ML"),
  levels_of("schools by year", schools$yi, schools$vi, schools$district, cbind(schools$year), "REML"),
  levels_of("samples", many$y, many$v, samples, NULL, "REML"), levels_of("samples with a moderator", many$y, many$v, samples, cbind(many$x), "REML"),
  levels_of("flat", flat$y, flat$v, samples, NULL, "REML"))
near(c(three_levels[[1]]$between, three_levels[[1]]$within, three_levels[[1]]$coefficients, three_levels[[1]]$se,
       three_levels[[1]]$low, three_levels[[1]]$high, three_levels[[1]]$q), c(.065062, .032737, .184713, .084556, .018987, .350440, 578.864018))
left <- lapply(unique(schools$district), function(district) {
  others <- schools[schools$district != district, ]
  exactly(list(yi = others$yi, V = others$vi, random = ~ 1 | district / school, data = others))
})
three_levels[[1]]$without <- I(vapply(left, function(fit) fit$beta[1], 0))

write_vector(
  "tests/vectors/synthesis.json", "synthesis", "tests/oracles/synthesis.R", "R metafor, metadat, psych",
  paste0("R ", R.version$major, ".", R.version$minor, ", metafor ", packageVersion("metafor"), ", metadat ",
         packageVersion("metadat"), ", psych ", packageVersion("psych")),
  made,
  paste("molloy: r and n of metadat::dat.molloy2014, analysed as Fisher z; other data: effects and variances. prediction_k2:",
        "t of k - 2. CE is the common-effect model, whose I2 metafor takes from Q."),
  c(list(list(id = "data", kind = "data", molloy_r = I(r), molloy_n = I(n), three_y = I(three$y), three_v = I(three$v),
              same_y = I(same$y), same_v = I(same$v), two_y = I(two$y), two_v = I(two$v))), all_fits,
    list(bias, bare, conversions), dependent, trims, regressions, three_levels))
