# How long lme4 takes for the models of crates/alliance-psychometrics/benches/mixed.rs.
#
# Run from the repository root:  Rscript tests/oracles/time_lme4.R
# Needs:                         R with lme4
# Writes nothing. The rows are drawn anew, from the same distribution.
#
# The three models are fitted as people call lme4 and once more without the
# check of derivatives at the end; the smallest of three times each is printed.

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
