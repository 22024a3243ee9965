# How long lme4 and psych take for what crates/alliance-psychometrics/benches/mixed.rs and sessions.rs time.
#
# Run from the repository root:  Rscript tests/oracles/time_sessions.R [psych]
# Needs:                         R with lme4, and psych if named
# Writes nothing. The rows are drawn anew, from the same distribution.
#
# The three models are fitted as people call lme4 and once more without the
# check of derivatives at the end; the smallest of three times each is printed.
# With the argument psych, its multilevel.reliability is timed too (minutes),
# for 200 clients, 10 sessions and 6 items, without its alphas by person.

suppressPackageStartupMessages(library(lme4))
set.seed(1)
clients <- 10000
sessions <- 12
data <- expand.grid(time = 0:(sessions - 1), client = 1:clients)
level <- 0.7 * rnorm(clients)
slope <- 0.05 + 0.05 * rnorm(clients)
data$within <- rnorm(nrow(data))
data$score <- 5 + level[data$client] + slope[data$client] * data$time + 0.2 * data$within + 0.5 * rnorm(nrow(data))
data$therapist <- (data$client - 1) %/% 10
data <- data[runif(nrow(data)) >= 1 / 6, ]
cat("lme4", as.character(packageVersion("lme4")), "with", nrow(data), "rows\n")

seconds <- function(formula, control) {
  min(replicate(3, system.time(lmer(formula, data = data, control = control))[["elapsed"]]))
}
for (model in list(
  random_intercept = score ~ time + within + (1 | client),
  intercept_and_slope = score ~ time + within + (time | client),
  clients_in_therapists = score ~ time + within + (1 | therapist / client))) {
  cat(format(model), "\n  ", seconds(model, lmerControl()), "s,",
      seconds(model, lmerControl(calc.derivs = FALSE)), "s without derivatives\n")
}

clients <- 200
long <- expand.grid(item = 1:6, session = 1:10, client = 1:clients)
level <- rnorm(clients)
change <- 0.6 * rnorm(10 * clients)
long$occasion <- (long$client - 1) * 10 + long$session
long$answer <- level[long$client] + change[long$occasion] + rnorm(nrow(long))
gaps <- long[runif(10 * clients)[long$occasion] >= 1 / 6 & runif(nrow(long)) >= 0.05, ]
time <- function(code) min(replicate(3, system.time(code())[["elapsed"]]))
cat("answer ~ 1 + (1 | client/occasion), 200 x 10 x 6 with gaps\n  ",
    time(function() lmer(answer ~ 1 + (1 | client / occasion), data = gaps)), "s\n")
if ("psych" %in% commandArgs(TRUE)) {
  wide <- reshape(long[c("client", "session", "item", "answer")], direction = "wide",
                  idvar = c("client", "session"), timevar = "item")
  items <- paste0("answer.", 1:6)
  seconds <- system.time(suppressMessages(psych::multilevel.reliability(
    wide, "client", "session", items = items, aov = TRUE, lme = TRUE, alpha = FALSE)))[["elapsed"]]
  cat("psych::multilevel.reliability(aov = TRUE, lme = TRUE, alpha = FALSE), complete\n  ", seconds, "s\n")
}
