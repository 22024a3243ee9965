# Intraclass correlations from mean squares, by psych::ICC, and by REML where ratings
# are missing, from lme4.
#
# Run from the repository root:  Rscript tests/oracles/icc.R
# Writes:                        tests/vectors/icc.json
# Needs:                         R, psych, lme4, numDeriv (Debian: r-cran-psych r-cran-lme4 r-cran-numderiv)
#
# psych's default, lmer = TRUE, estimates by REML and differs where a component would
# be negative: lmer = FALSE is asked for. The R package irr is not in Debian. Its interval
# of ICC(A,k) (icc.R of version 0.84.1) puts the coefficient of the average into the
# degrees of freedom of the single form, number of raters and all; McGraw & Wong 1996, table 7,
# have them without that factor, which is the same as stepping up the single ends. Both
# are written out here; the second must agree with psych.

suppressPackageStartupMessages({library(psych); library(lme4)})
made <- "2026-11-26" # day on which the numbers were made; change it with them
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

# Missing cells. lme4 gives the components; the restricted deviance, written out with the
# whole covariance matrix, takes them to the last digits and gives their information by
# differences. psych has no interval for this: it puts the components into the formulas
# of complete ratings. The combination of components that is not correlated with the
# residual variance takes the place of the mean square of targets, with Satterthwaite's
# degrees of freedom for it and for what it is compared with.
components <- function(long, crossed) {
  model <- if (crossed) lmer(y ~ 1 + (1 | target) + (1 | rater), long, control = lmerControl(check.conv.singular = "ignore"))
           else lmer(y ~ 1 + (1 | target), long, control = lmerControl(check.conv.singular = "ignore"))
  z <- list(outer(long$target, long$target, "=="), outer(long$rater, long$rater, "=="))[seq_len(1 + crossed)]
  deviance <- function(v) {
    m <- diag(tail(v, 1), nrow(long))
    for (i in seq_along(z)) m <- m + v[i] * z[[i]]
    w <- solve(m); x <- sum(w); r <- long$y - sum(w %*% long$y) / x
    as.numeric(determinant(m)$modulus) + log(x) + sum(r * (w %*% r))
  }
  variances <- as.data.frame(VarCorr(model)); variances <- setNames(variances$vcov, variances$grp)
  v <- unname(variances[c("target", if (crossed) "rater", "Residual")])
  for (step in 1:4) {
    h <- numDeriv::hessian(deviance, v)
    v <- v - solve(h, numDeriv::grad(deviance, v))
  }
  list(values = v, covariance = 2 * solve(numDeriv::hessian(deviance, v)))
}

by_reml <- function(name, x) {
  long <- data.frame(y = as.vector(x), target = as.vector(row(x)), rater = as.vector(col(x)))
  long <- long[!is.na(long$y), ]
  k <- ncol(x)
  square <- function(found, place) {
    last <- length(found$values); e <- found$values[last]; ve <- found$covariance[last, last]
    size <- -ve / found$covariance[place, last]
    weight <- replace(rep(0, last), c(place, last), c(size, 1))
    value <- sum(weight * found$values)
    list(size = size, value = value, df = as.numeric(2 * value^2 / (weight %*% found$covariance %*% weight)), error = e, error_df = 2 * e^2 / ve)
  }
  of_ratio <- function(found) {
    s <- square(found, 1); f <- s$value / s$error
    f <- c(f / qf(.975, s$df, s$error_df), f * qf(.975, s$error_df, s$df))
    (f - 1) / (f + s$size - 1)
  }
  one <- components(long, FALSE); two <- components(long, TRUE)
  v <- two$values
  icc <- c(one$values[1] / sum(one$values), v[1] / sum(v), v[1] / (v[1] + v[3]))
  # k T + E against k odds (R + E) + E, as in McGraw & Wong, with the odds T / (R + E).
  t <- square(two, 1); odds <- icc[2] / (1 - icc[2])
  weight <- c(0, t$size * odds, t$size * odds + 1)
  df <- as.numeric(2 * sum(weight * v)^2 / (weight %*% two$covariance %*% weight))
  end <- function(f) {
    odds <- (t$value / f - t$error) / (t$size * (v[2] + v[3]))
    odds / (1 + odds)
  }
  ends <- rbind(of_ratio(one), c(end(qf(.975, t$df, df)), end(1 / qf(.975, df, t$df))), of_ratio(two))
  up <- function(p) k * p / (1 + (k - 1) * p)
  list(name = name, columns = lapply(seq_len(k), function(j) x[, j]), rows = nrow(x),
       values = c(icc, up(icc)), low = c(ends[, 1], up(ends[, 1])), high = c(ends[, 2], up(ends[, 2])), variances = c(one$values, v))
}

set.seed(7)
rated <- outer(rnorm(30), c(1, 1, 1)) + outer(rep(1, 30), c(0, .8, -.6)) + matrix(.7 * rnorm(90), 30)
rated[sample(90, 25)] <- NA
dropped <- matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), 6, byrow = TRUE)
dropped[1, 2] <- dropped[4, 4] <- NA
incomplete <- list(
  by_reml("Shrout & Fleiss 1979 without two ratings", dropped),
  by_reml("four raters, cells missing", holed),
  by_reml("three raters, a quarter missing", round(rated, 3)),
  by_reml("nothing missing", cases[[1]]$columns |> simplify2array()))
# lme4 alone stops at the fifth digit.
stopifnot(abs(incomplete[[1]]$values[2:3] - c(.34910308, .759426749)) < 1e-5)
# Without a missing rating the approach is McGraw & Wong's, to the digits of the differences.
whole <- incomplete[[4]]
stopifnot(abs(whole$values - cases[[1]]$values) < 1e-6, abs(whole$low - cases[[1]]$low) < 1e-5, abs(whole$high - cases[[1]]$high) < 1e-5)

number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
array <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
entry <- function(c) paste0(
  "{\"name\":\"", c$name, "\",\"columns\":[", paste(vapply(c$columns, array, ""), collapse = ",\n "), "],\n \"rows\":", c$rows,
  ",\"values\":", array(c$values), ",\n \"low\":", array(c$low), ",\n \"high\":", array(c$high),
  ",", if (is.null(c$variances)) paste0("\n \"agreement_average_irr\":", array(c$agreement_average_irr)) else paste0("\n \"variances\":", array(c$variances)), "}")
con <- file(out, open = "wb")
writeLines(paste0("{\"topic\":\"icc\",\n\"script\":\"", script, "\",\n\"tool\":{\"name\":\"R psych::ICC, lme4\",\"version\":\"R ", getRversion(),
  ", psych ", packageVersion("psych"), ", lme4 ", packageVersion("lme4"), "\"},\n\"made\":\"", made, "\",\n\"cases\":[\n", paste(vapply(cases, entry, ""), collapse = ",\n"), "\n],\n\"incomplete\":[\n", paste(vapply(incomplete, entry, ""), collapse = ",\n"), "\n]}"),
  con, useBytes = TRUE)
close(con)
