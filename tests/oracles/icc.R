# Intraclass correlations from mean squares, by psych::ICC.
#
# Run from the repository root:  Rscript tests/oracles/icc.R
# Writes:                        tests/vectors/icc.json
# Needs:                         R, psych (Debian: r-cran-psych)
#
# psych's default, lmer = TRUE, estimates by REML and differs where a component would
# be negative: lmer = FALSE is asked for. The R package irr is not in Debian. Its interval
# of ICC(A,k) (icc.R of version 0.84.1) puts the coefficient of the average into the
# degrees of freedom of the single form, number of raters and all; McGraw & Wong 1996, table 7,
# have them without that factor, which is the same as stepping up the single ends. Both
# are written out here; the second must agree with psych.

suppressPackageStartupMessages(library(psych))
made <- "2026-11-25" # day on which the numbers were made; change it with them
script <- "tests/oracles/icc.R"
out <- "tests/vectors/icc.json"
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

of_average <- function(x, factor) {
  n <- nrow(x); k <- ncol(x)
  rows <- var(rowMeans(x)) * k; columns <- var(colMeans(x)) * n
  error <- (sum((x - mean(x))^2) - (n - 1) * rows - (k - 1) * columns) / ((n - 1) * (k - 1))
  icc <- (rows - error) / (rows + (columns - error) / n)
  a <- factor * icc / (n * (1 - icc)); b <- 1 + factor * icc * (n - 1) / (n * (1 - icc))
  v <- (a * columns + b * error)^2 / ((a * columns)^2 / (k - 1) + (b * error)^2 / ((n - 1) * (k - 1)))
  low <- qf(.975, n - 1, v); high <- qf(.975, v, n - 1)
  c(n * (rows - low * error) / (low * (columns - error) + n * rows),
    n * (high * rows - error) / (columns - error + n * high * rows))
}

case_of <- function(name, x) {
  whole <- x[complete.cases(x), , drop = FALSE]
  found <- ICC(whole, lmer = FALSE)$results
  # psych's rows: ICC1 ICC2 ICC3 ICC1k ICC2k ICC3k
  by_mcgraw_wong <- of_average(whole, 1)
  if (found$ICC[2] > 0) stopifnot(abs(by_mcgraw_wong - c(found[5, "lower bound"], found[5, "upper bound"])) < 1e-6)
  list(name = name, columns = lapply(seq_len(ncol(x)), function(j) x[, j]), rows = nrow(whole),
       values = found$ICC, low = found[["lower bound"]], high = found[["upper bound"]],
       agreement_average_irr = of_average(whole, ncol(whole)))
}

set.seed(42)
target <- rnorm(40)
holed <- sapply(c(0, .5, -.3, .2), function(o) round(target + o + .8 * rnorm(40), 3))
holed[cbind(c(3, 9, 9, 30), c(1, 2, 3, 4))] <- NA
cases <- list(
  case_of("Shrout & Fleiss 1979", matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), 6, byrow = TRUE)),
  case_of("four raters, cells missing", holed),
  case_of("two raters, ties", cbind(sample(1:5, 25, TRUE), sample(1:5, 25, TRUE))),
  case_of("far from 0", 1e6 + sapply(1:3, function(i) round(target[1:20] + .5 * rnorm(20), 4))),
  case_of("negative", cbind(c(1, 5, 2, 4, 3, 3), c(5, 1, 4.5, 2, 3, 2.5))))
first <- cases[[1]]
known <- c(.16574177, .28976378, .71484071, .44279713, .62005055, .90931554)
stopifnot(abs(first$values - known) < 1e-8,
          abs(first$low - c(-.132932, .01878651, .342465, -.884442, .071137, .675675)) < 1e-6,
          abs(first$high - c(.722560, .76108437, .945858, .912415, .927232, .985892)) < 1e-6)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
entry <- function(c) paste0(
  "{\"name\":\"", c$name, "\",\"columns\":[", paste(vapply(c$columns, array, ""), collapse = ",\n "), "],\n \"rows\":", c$rows,
  ",\"values\":", array(c$values), ",\n \"low\":", array(c$low), ",\n \"high\":", array(c$high),
  ",\n \"agreement_average_irr\":", array(c$agreement_average_irr), "}")
con <- file(out, open = "wb")
writeLines(paste0("{\"topic\":\"icc\",\n\"script\":\"", script, "\",\n\"tool\":{\"name\":\"R psych::ICC\",\"version\":\"R ", getRversion(),
  ", psych ", packageVersion("psych"), "\"},\n\"made\":\"", made, "\",\n\"cases\":[\n", paste(vapply(cases, entry, ""), collapse = ",\n"), "\n]}"),
  con, useBytes = TRUE)
close(con)
