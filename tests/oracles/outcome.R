# Reference values for alliance and outcome: levels, lags, courses, dropout.
#
# Run from the repository root:  Rscript tests/oracles/outcome.R
# Writes:                        tests/vectors/outcome.json
# Needs:                         R with lme4, survival, sandwich
#
# Mixed models come from lme4 (with tightened tolerances), hazards from glm,
# shares from survival, Wilson intervals from prop.test; lags, parts and courses from
# a straightforward reading of their definitions.

made <- "2026-11-26" # day on which the numbers were made; change it with them
source("tests/oracles/panels.R")
suppressPackageStartupMessages({
  library(lme4)
  library(survival)
  library(sandwich)
})
tight <- lmerControl(
  optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(rhobeg = 0.1, rhoend = 1e-10, maxfun = 1e5))
a <- panel_a()
is_kept <- (a$client^2 + 5 * a$session^2 + 3 * a$client * a$session) %% 13 > a$client %% 7
thinned <- a[is_kept, ]

# ---- within, between ---------------------------------------------------------------

parts <- function(data, therapists = FALSE, detrended = FALSE) {
  client_mean <- tapply(data$all, data$client, mean)
  therapist_of <- tapply(data$therapist, data$client, function(x) x[1])
  therapist_mean <- tapply(client_mean, therapist_of, mean)
  grand <- if (therapists) mean(therapist_mean) else mean(client_mean)
  m <- client_mean[as.character(data$client)]
  level <- if (therapists) therapist_mean[as.character(data$therapist)] else grand
  data$within <- if (detrended) {
    residual <- rep(NA, nrow(data))
    for (client in unique(data$client)) {
      rows <- which(data$client == client)
      if (length(rows) >= 3) residual[rows] <- residuals(lm(all ~ session, data = data[rows, ]))
    }
    residual
  } else data$all - m
  data$between <- m - level
  data$level <- level - grand
  data
}
model <- function(id, data, formula, panel, therapists = FALSE, detrended = FALSE, extra = "session") {
  fit <- lmer(formula, data = data, control = tight)
  v <- as.data.frame(VarCorr(fit))
  V <- as.matrix(vcov(fit))
  contrast <- if (all(c("within", "between") %in% rownames(V))) {
    weights <- (rownames(V) == "between") - (rownames(V) == "within")
    c(sum(weights * fixef(fit)), sqrt(drop(weights %*% V %*% weights)))
  } else c(NA, NA)
  list(id = id, kind = "model", panel = panel, therapists = therapists, detrended = detrended, extra = extra,
       names = names(fixef(fit)), coefficients = I(unname(fixef(fit))), errors = I(unname(sqrt(diag(V)))),
       contextual = contrast[1], contextual_se = contrast[2], residual = v$vcov[v$grp == "Residual"],
       client = v$vcov[grepl("client", v$grp)], reml = REMLcrit(fit), rows = nobs(fit), between_rows = I(head(data$between, 30)),
       within_rows = I(head(data$within, 30)))
}
p <- parts(a)
p$lag_within <- ave(p$within, p$client, FUN = function(x) c(NA, head(x, -1)))
p$lag_y <- ave(p$y, p$client, FUN = function(x) c(NA, head(x, -1)))
t <- parts(thinned)
models <- list(
  model("panel-a", p, y ~ within + between + session + (1 | client), "panel-a"),
  model("thinned", t, y ~ within + between + session + (1 | client), "panel-a-thinned"),
  model("panel-a-detrended", parts(a, detrended = TRUE), y ~ within + between + session + (1 | client), "panel-a", detrended = TRUE),
  model("thinned-detrended", parts(thinned, detrended = TRUE), y ~ within + between + session + (1 | client), "panel-a-thinned",
        detrended = TRUE),
  model("thinned-therapists", parts(thinned, TRUE), y ~ within + between + level + session + (1 | therapist / client),
        "panel-a-thinned", therapists = TRUE),
  model("panel-a-interaction", transform(p, product = within * between), y ~ within + between + session + product + (1 | client),
        "panel-a", extra = "session product"))
prints_as(models[[1]]$coefficients, c(19.739796945, -.787223086, -2.477078967, .058682623), 6)
prints_as(models[[1]]$errors, c(.297367185, .241269215, .300825430, .046818047), 6)
stopifnot(abs(c(models[[1]]$client, models[[1]]$residual) - c(1.9947831, 5.1812565)) < 1e-5)
prints_as(models[[1]]$reml, 2239.373879, 5)
prints_as(c(models[[6]]$coefficients[5], models[[6]]$errors[5]), c(.159767501, .360797649), 6)
dummy <- summary(lm(y ~ all + session + factor(client), data = a))$coefficients["all", 1:2]
prints_as(dummy, c(-.7872230859, .2412692159), 10)
raw <- summary(lmer(y ~ all + session + (1 | client), data = a, control = tight))$coefficients["all", 1:2]
prints_as(raw, c(-1.376644614, .196000220), 6)
lagged <- summary(lmer(y ~ lag_within + lag_y + between + session + (1 | client), data = p, control = tight))
prints_as(c(lagged$coefficients[2:4, 1:2]), c(.00211175198, .57034713, -.99472744, .242093336, .03921437, .17985464), 6)
stopifnot(abs(as.data.frame(lagged$varcor)$vcov[1] - .0053780649) < 1e-5)
single <- list(
  id = "single", kind = "single", dummy = dummy[[1]], dummy_se = dummy[[2]], raw = raw[[1]], raw_se = raw[[2]],
  lagged = I(unname(lagged$coefficients[2:4, 1])), lagged_se = I(unname(lagged$coefficients[2:4, 2])),
  lagged_client = as.data.frame(lagged$varcor)$vcov[1])

# Between at true levels: (b - (1 - r) w) / r with the covariance of both, r = T ICC / (1 + (T - 1) ICC).
fit <- lmer(y ~ within + between + session + (1 | client), data = p, control = tight)
icc <- as.data.frame(VarCorr(lmer(all ~ 1 + (1 | client), data = a, control = tight)))$vcov
r <- 8 * icc[1] / sum(icc) / (1 + 7 * icc[1] / sum(icc))
weights <- c(0, (r - 1) / r, 1 / r, 0)
true_levels <- list(id = "true-levels", kind = "true-levels", reliability = r, value = sum(weights * fixef(fit)),
                    error = sqrt(drop(weights %*% as.matrix(vcov(fit)) %*% weights)))

# ---- lags and means of earlier sessions ------------------------------------------------

lag_of <- function(data, back) {
  vapply(seq_len(nrow(data)), function(i) {
    x <- data$all[data$client == data$client[i] & data$session == data$session[i] - back]
    if (length(x)) x else NA_real_
  }, 0)
}
earlier <- function(data, strict) {
  vapply(seq_len(nrow(data)), function(i) {
    x <- data$all[data$client == data$client[i] & (data$session < data$session[i] | (!strict & data$session == data$session[i]))]
    if (length(x)) mean(x) else NA_real_
  }, 0)
}
lags <- list(id = "lags", kind = "lags", panel = "panel-a-thinned", one = I(lag_of(thinned, 1)), two = I(lag_of(thinned, 2)),
             before = I(earlier(thinned, TRUE)), with = I(earlier(thinned, FALSE)))

# ---- courses -----------------------------------------------------------------------------

course <- function(data) {
  by <- split(data, data$client)
  one <- function(x) {
    t <- x$session - 1; y <- x$all; n <- nrow(x)
    line <- if (n > 2) summary(lm(y ~ t))$coefficients[2, 1:2] else if (n == 2) c(diff(y) / diff(t), NA) else c(NA, NA)
    # Time above by a fine grid would not be exact: each span is solved.
    early <- mean(head(y, 3))
    span <- diff(t); lo <- pmin(head(y, -1), tail(y, -1)); hi <- pmax(head(y, -1), tail(y, -1))
    share <- pmin(1, pmax(0, (hi - early) / ifelse(hi == lo, 1, hi - lo)))
    share[hi == lo] <- (hi > early)[hi == lo]
    next_to <- diff(x$session) == 1
    m <- mean(y)
    c(client = x$client[1], n = n, mean = m, sd = if (n > 1) sd(y) else NA, slope = line[[1]], slope_se = line[[2]],
      area = if (n > 1) sum(span * (head(y, -1) + tail(y, -1)) / 2) / sum(span) else NA,
      time_above = if (n > 1) sum(span * share) / sum(span) else NA, sessions_above = mean(y > early), low = min(y),
      low_session = x$session[which.min(y)], mssd = if (any(next_to)) mean(diff(y)[next_to]^2) else NA, early = early,
      last = mean(tail(y, 3)), change = if (n >= 6) mean(tail(y, 3)) - early else NA,
      autocorrelation = if (any(next_to) && sd(y) > 0) sum(((head(y, -1) - m) * (tail(y, -1) - m))[next_to]) / sum((y - m)^2) else NA)
  }
  do.call(rbind, lapply(by, one))
}
k <- suppressWarnings(course(thinned))
whole <- suppressWarnings(course(a))
# On complete series the autocorrelation is that of acf.
stopifnot(abs(whole[1, "autocorrelation"] - acf(a$all[a$client == 1], plot = FALSE)$acf[2]) < 1e-12)
courses <- list(c(list(id = "courses", kind = "courses", panel = "panel-a-thinned"),
                  lapply(as.data.frame(k), function(x) I(as.numeric(x)))))

# ---- dropout ---------------------------------------------------------------------------------

lehmer$state <- 777
rows <- list()
for (client in unique(a$client)) {
  x <- a$all[a$client == client]
  for (s in 2:8) {
    before <- x[s - 1] - 5.3
    left <- uniform() < plogis(-2.6 - .9 * before)
    rows[[length(rows) + 1]] <- c(client, s, before, left)
    if (left) break
  }
}
drop <- as.data.frame(do.call(rbind, rows)); names(drop) <- c("client", "session", "before", "left")
stopifnot(nrow(drop) == 309, sum(drop$left) == 31, abs(sum(drop$before) - 12.3) < 1e-9)
leuk <- data.frame(
  time = c(6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35,
           1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23),
  event = c(1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, rep(1, 21)), treated = rep(1:0, each = 21))
weeks <- do.call(rbind, lapply(seq_len(nrow(leuk)), function(i) {
  w <- seq_len(leuk$time[i])
  data.frame(event = as.numeric(w == leuk$time[i] & leuk$event[i] == 1), log_week = log(w), treated = leuk$treated[i])
}))
stopifnot(nrow(weeks) == 541, sum(weeks$event) == 30)
tightly <- glm.control(epsilon = 1e-15, maxit = 100)
hazard <- function(id, formula, data, link, printed, errors) {
  fit <- suppressWarnings(glm(formula, data = data, family = binomial(link), control = tightly))
  found <- summary(fit)$coefficients
  # glm takes its covariance from the last but one step: one more from the solution.
  X <- model.matrix(fit); mu <- fitted(fit); d <- fit$family$mu.eta(X %*% coef(fit))[, 1]
  error <- sqrt(diag(solve(crossprod(X, X * (d^2 / (mu * (1 - mu)))))))
  stopifnot(abs(found[, 1] - printed) < 1e-5) # made with glm's default tolerance
  # Printed errors are glm's, from the step before: four digits.
  stopifnot(abs(error - errors)[!is.na(errors)] < 2e-5)
  list(id = id, kind = "hazard", data = sub(" .*", "", id), link = link, coefficients = I(unname(found[, 1])), errors = I(unname(error)),
       deviance = fit$deviance)
}
hazards <- list(
  hazard("drop logit", left ~ before, drop, "logit", c(-2.23395204, -.49042423), c(.19687520, .24248563)),
  hazard("drop cloglog", left ~ before, drop, "cloglog", c(-2.28887938, -.46641288), c(.18755047, .22694509)),
  hazard("leuk logit", event ~ log_week + treated, weeks, "logit", c(-2.5420023, .2934302, -1.7770488), c(NA, NA, .42904324)),
  hazard("leuk cloglog", event ~ log_week + treated, weeks, "cloglog", c(-2.5869854, .2824898, -1.7200282), c(NA, NA, NA)))
prints_as(c(hazards[[1]]$deviance, hazards[[2]]$deviance), c(197.173783, 197.145224), 6)
robust <- lapply(c("logit", "cloglog"), function(link) {
  drop$therapist <- (drop$client - 1) %/% 6
  fit <- suppressWarnings(glm(left ~ before, data = drop, family = binomial(link), control = tightly))
  # As sandwich::vcovCL does it, but with the information of the solution and not of glm's last step but one.
  X <- model.matrix(fit); mu <- fitted(fit); d <- fit$family$mu.eta(X %*% coef(fit))[, 1]
  bread <- solve(crossprod(X, X * (d^2 / (mu * (1 - mu)))))
  scores <- rowsum(X * (d * (drop$left - mu) / (mu * (1 - mu))), drop$therapist)
  V <- bread %*% crossprod(scores) %*% bread * 10 / 9
  stopifnot(abs(sqrt(diag(V)) - sqrt(diag(vcovCL(fit, drop$therapist)))) < 1e-6)
  list(id = paste("robust", link), kind = "robust", link = link, errors = I(unname(sqrt(diag(V)))))
})
life <- list(id = "life-table", kind = "life-table", at_risk = I(as.vector(table(drop$session))),
             dropouts = I(as.vector(tapply(drop$left, drop$session, sum))))
stopifnot(identical(life$at_risk, I(c(60L, 54L, 48L, 43L, 38L, 35L, 31L))), all(life$dropouts == c(6, 6, 5, 5, 3, 4, 2)))

# ---- shares remaining ----------------------------------------------------------------------------

curve <- function(id, group) {
  fit <- survfit(Surv(time, event) ~ 1, data = leuk[leuk$treated == group, ])
  s <- summary(fit)
  list(id = id, kind = "remaining", treated = group, time = I(s$time), at_risk = I(s$n.risk), remaining = I(s$surv), error = I(s$std.err),
       low = I(s$lower), high = I(s$upper))
}
curves <- list(curve("treated", 1), curve("control", 0))
at <- function(case, time) c(case$remaining[case$time == time], case$error[case$time == time])
prints_as(c(at(curves[[1]], 6), at(curves[[1]], 10)[1], at(curves[[1]], 23)), c(.857143, .076360, .752941, .448179, .134591), 6)
prints_as(c(at(curves[[2]], 5), at(curves[[2]], 23)[1]), c(.571429, .107990, 0), 6)
test <- survdiff(Surv(time, event) ~ treated, data = leuk)
prints_as(test$chisq, 16.792941, 6)
log_rank <- list(id = "log-rank", kind = "log-rank", chi_square = test$chisq, observed = test$obs[2], expected = test$exp[2])
group <- seq_len(nrow(leuk)) %% 4
test <- survdiff(Surv(time, event) ~ group, data = leuk)
log_rank_groups <- list(id = "log-rank-groups", kind = "log-rank-groups", group = I(group), chi_square = test$chisq, p = pchisq(test$chisq, 3, lower.tail = FALSE),
                        observed = I(unname(test$obs)), expected = I(unname(test$exp)))
# Every third event of the trial is made a competing one.
state <- leuk$event * ifelse(seq_len(nrow(leuk)) %% 3 == 0, 2, 1)
shares <- summary(survfit(Surv(leuk$time, factor(state, 0:2)) ~ 1))
competing <- list(id = "competing", kind = "competing", time = I(shares$time), remaining = I(shares$pstate[, 1]), event = I(shares$pstate[, 2]),
                  competing = I(shares$pstate[, 3]), event_error = I(shares$std.err[, 2]), event_low = I(shares$lower[, 2]),
                  event_high = I(shares$upper[, 2]), competing_error = I(shares$std.err[, 3]),
                  competing_low = I(shares$lower[, 3]), competing_high = I(shares$upper[, 3]))
leuk_case <- list(id = "leuk", kind = "data", time = I(leuk$time), event = I(leuk$event), treated = I(leuk$treated), state = I(state))

# ---- Wilson -----------------------------------------------------------------------------------------

rates <- rbind(c(31, 100), c(0, 10), c(10, 10), c(1, 2))
wilson <- list(id = "wilson", kind = "wilson", successes = I(rates[, 1]), trials = I(rates[, 2]))
limits <- suppressWarnings(t(apply(rates, 1, function(x) prop.test(x[1], x[2], correct = FALSE)$conf.int)))
wilson$low <- I(limits[, 1]); wilson$high <- I(limits[, 2])
prints_as(c(limits[1, ], limits[2, ]), c(.227797, .406261, 0, .277533), 6)

write_vector(
  "tests/vectors/outcome.json", "outcome", "tests/oracles/outcome.R", "R lme4, survival, sandwich, stats",
  paste0("R ", R.version$major, ".", R.version$minor, ", lme4 ", packageVersion("lme4"), ", survival ", packageVersion("survival"), ", sandwich ", packageVersion("sandwich")),
  made,
  paste("Panels as in tests/oracles/panels.R; thinned as in mixed.json; alliance: mean of the items. model: y on the parts named, session as it is.",
        "courses: time session - 1, windows of three, threshold the client's early mean. leuk: the 6-MP trial of Freireich et al. (1963); state 2 is a competing end."),
  c(models, list(single, true_levels, lags), courses, hazards, robust, list(life), curves,
    list(log_rank, log_rank_groups, competing, leuk_case, wilson)))
