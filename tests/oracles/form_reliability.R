# Reliability of a form: alpha, omega, split halves, subscales, from software that
# this project did not write.
#
# Run from the repository root:  Rscript tests/oracles/form_reliability.R
# Writes:                        tests/vectors/form-reliability.json
# Needs:                         R, psych, GPArotation, lavaan, numDeriv (Debian: r-cran-psych r-cran-gparotation r-cran-lavaan r-cran-numderiv)
#
# What psych 2.2.9 gives is taken from it. What it does not give is written out
# here from the definition, in matrix form: Bonett's interval, the distribution-free
# standard error, Horst's formula, Haberman's subscore values. psych's minres and ML
# stop at the fourth or fifth digit, so the same criteria are minimised here by
# nlminb to the last digits, and psych and factanal must agree to 1e-4.
# The numbers of the methods dossier stand in `known`; the script stops when one
# differs by more than 1e-7.

suppressPackageStartupMessages({library(psych); library(lavaan)})

made <- "2026-11-26" # day on which the numbers were made; change it with them
script <- "tests/oracles/form_reliability.R"
out <- "tests/vectors/form-reliability.json"
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

quiet <- function(expr) {
  value <- NULL
  invisible(capture.output(suppressWarnings(suppressMessages(value <- expr))))
  value
}
close_to <- function(a, b, tolerance) stopifnot(all(abs(a - b) <= tolerance * pmax(1, abs(b))))

# ---- coefficients --------------------------------------------------------

bonett <- function(alpha, n, k) {
  half <- qnorm(.975) * sqrt(2 * k / ((k - 1) * (n - 2)))
  centre <- log(1 - alpha) - log(n / (n - 1))
  1 - exp(centre + c(half, -half))
}

# Delta method on vech(S), each row's products written as a matrix.
distribution_free <- function(x) {
  n <- nrow(x); k <- ncol(x); s <- cov(x)
  total <- sum(s); trace <- sum(diag(s))
  slope <- matrix(k / (k - 1) * trace / total^2, k, k)
  diag(slope) <- -k / (k - 1) * (total - trace) / total^2
  d <- scale(x, scale = FALSE)
  q <- vapply(seq_len(n), function(r) sum(slope * (outer(d[r, ], d[r, ]) - s)), 0)
  sqrt(sum(q^2) / (n * (n - 1)))
}

minres <- function(r, m = 1) {
  residuals <- function(psi) {
    s <- r; diag(s) <- diag(s) - psi
    e <- eigen(s, symmetric = TRUE)$values
    sum(tail(e, length(e) - m)^2) / 2
  }
  slope <- function(psi) {
    s <- r; diag(s) <- diag(s) - psi
    e <- eigen(s, symmetric = TRUE)
    left <- (m + 1):ncol(r)
    -as.vector(e$vectors[, left, drop = FALSE]^2 %*% e$values[left])
  }
  start <- tryCatch(1 / diag(solve(r)), error = function(e) rep(.5, ncol(r)))
  fit <- nlminb(start, residuals, slope, lower = .005, control = list(rel.tol = 1e-15, x.tol = 1e-14, abs.tol = 0, eval.max = 5000, iter.max = 2000))
  s <- r; diag(s) <- diag(s) - fit$par
  e <- eigen(s, symmetric = TRUE)
  l <- e$vectors[, 1:m, drop = FALSE] %*% diag(sqrt(pmax(e$values[1:m], 0)), m)
  list(loadings = sweep(l, 2, ifelse(colSums(l) < 0, -1, 1), "*"), psi = fit$par)
}

likelihood <- function(r, m = 1) {
  value <- function(x) {
    d <- exp(-x / 2); e <- eigen(r * outer(d, d), symmetric = TRUE)$values
    left <- tail(e, length(e) - m)
    sum(left - log(left) - 1)
  }
  slope <- function(x) {
    d <- exp(-x / 2); e <- eigen(r * outer(d, d), symmetric = TRUE)
    left <- (m + 1):ncol(r)
    -as.vector(e$vectors[, left, drop = FALSE]^2 %*% (e$values[left] - 1))
  }
  fit <- nlminb(log(.5 / diag(solve(r))), value, slope, lower = log(.005), control = list(rel.tol = 1e-15, x.tol = 1e-14, abs.tol = 0, eval.max = 5000, iter.max = 2000))
  psi <- exp(fit$par); d <- 1 / sqrt(psi)
  e <- eigen(r * outer(d, d), symmetric = TRUE)
  l <- (e$vectors[, 1:m, drop = FALSE] / d) %*% diag(sqrt(pmax(e$values[1:m] - 1, 0)), m)
  list(loadings = sweep(l, 2, ifelse(colSums(l) < 0, -1, 1), "*"), psi = psi)
}

omega_of <- function(s, fit) {
  sd <- sqrt(diag(s)); r <- cov2cor(s)
  l <- fit$loadings[, 1]; u <- fit$psi
  value <- function(w, observed) {
    common <- sum(l * w)^2
    c(common / (common + sum(u * w^2)), common / observed)
  }
  raw <- value(sd, sum(s)); standardized <- value(1, sum(r))
  list(raw = raw[1], raw_observed = raw[2], standardized = standardized[1], standardized_observed = standardized[2],
       loadings = l, uniquenesses = u, heywood = any(u <= .005 + 1e-9))
}

# Standard errors of omega, raw and standardized. Maximum likelihood: lavaan's, of
# defined parameters. Minimum residuals, which lavaan has not on correlations: the
# derivatives of omega by the covariances, differenced, then the delta method on the
# answers' products, or on normal answers at the model's own covariances.
omega_errors_ml <- function(x, n) {
  k <- ncol(x); d <- as.data.frame(x); names(d) <- paste0("x", 1:k)
  i <- 1:k
  model <- paste(c(paste("g =~", paste0("l", i, "*x", i, collapse = " + ")), paste0("x", i, " ~~ u", i, "*x", i),
    paste0("a", i, " := l", i, " / sqrt(l", i, "^2 + u", i, ")"),
    paste0("raw := (", paste0("l", i, collapse = "+"), ")^2 / ((", paste0("l", i, collapse = "+"), ")^2 + ", paste0("u", i, collapse = "+"), ")"),
    paste0("standardized := (", paste0("a", i, collapse = "+"), ")^2 / ((", paste0("a", i, collapse = "+"), ")^2 + ", paste0("1 - a", i, "^2", collapse = "+"), ")")), collapse = "\n")
  of <- function(...) {
    fit <- quiet(cfa(model, d, std.lv = TRUE, ...))
    stopifnot(lavInspect(fit, "converged"))
    p <- parameterEstimates(fit); p <- p[match(c("raw", "standardized"), p$lhs), ]
    list(value = p$est, se = p$se, low = p$ci.lower, high = p$ci.upper)
  }
  normal <- of()
  free <- of(se = "robust.huber.white", information = "observed", observed.information = "hessian")
  list(value = normal$value, normal = normal$se, normal_low = normal$low, normal_high = normal$high, free = free$se * sqrt((n - 1) / n))
}

omega_errors_minres <- function(x, s, n) {
  k <- ncol(s); lower <- lower.tri(s, diag = TRUE)
  both <- function(v) {
    m <- matrix(0, k, k); m[lower] <- v; m <- m + t(m) - diag(diag(m))
    found <- omega_of(m, minres(cov2cor(m)))
    c(found$raw, found$standardized)
  }
  slopes <- function(m) {
    found <- numDeriv::jacobian(both, m[lower], method.args = list(eps = 1e-3, d = 1e-3))
    lapply(1:2, function(i) {
      d <- matrix(0, k, k); d[lower] <- found[i, ] / 2; d <- d + t(d); d
    })
  }
  fit <- minres(cov2cor(s)); sd <- sqrt(diag(s))
  implied <- outer(sd, sd) * (fit$loadings %*% t(fit$loadings)); diag(implied) <- diag(s)
  normal <- vapply(slopes(implied), function(d) sqrt(2 * sum(diag(d %*% implied %*% d %*% implied)) / n), 0)
  centred <- scale(x, scale = FALSE)
  free <- vapply(slopes(s), function(d) {
    q <- rowSums((centred %*% d) * centred) - sum(d * s)
    sqrt(sum(q^2) / (n * (n - 1)))
  }, 0)
  list(normal = normal, free = free)
}

# Percentiles over resampled rows.
omega_bootstrap <- function(x, resamples) {
  found <- replicate(resamples, {
    s <- cov(x[sample(nrow(x), replace = TRUE), ])
    omega_of(s, minres(cov2cor(s)))$raw
  })
  c(sd(found), quantile(found, c(.025, .975)))
}

fit_of <- function(r, fit, n) {
  k <- ncol(r); implied <- fit$loadings %*% t(fit$loadings) + diag(fit$psi)
  chi <- n * (log(det(implied)) - log(det(r)) + sum(diag(r %*% solve(implied))) - k)
  df <- ((k - 1)^2 - (k + 1)) / 2
  null <- -n * log(det(r)); null_df <- k * (k - 1) / 2
  list(chi_square = chi, degrees_of_freedom = df, p_value = pchisq(chi, df, lower.tail = FALSE),
       rmsea = sqrt(max(chi - df, 0) / (df * n)),
       cfi = 1 - max(chi - df, 0) / max(chi - df, null - null_df, 0))
}

split_of <- function(s, first) {
  second <- setdiff(seq_len(ncol(s)), first)
  a <- sum(s[first, first]); b <- sum(s[second, second]); ab <- sum(s[first, second])
  r <- ab / sqrt(a * b); p <- length(first) / ncol(s); q <- 1 - p
  list(correlation = r, spearman_brown = 2 * r / (1 + r), guttman = 1 - (a + b - 2 * ab) / (a + b + 2 * ab),
       horst = (r * (sqrt(r^2 + 4 * p * q * (1 - r^2)) - r)) / (2 * p * q * (1 - r^2)))
}

all_splits <- function(s) {
  k <- ncol(s); choices <- combn(k, k %/% 2)
  if (k %% 2 == 0) choices <- choices[, choices[1, ] == 1, drop = FALSE]
  found <- apply(choices, 2, function(first) { f <- split_of(s, first); c(f$spearman_brown, f$guttman) })
  summary_of <- function(v) list(mean = mean(v), minimum = min(v), median = median(v), maximum = max(v))
  list(splits = ncol(choices), spearman_brown = summary_of(found[1, ]), guttman = summary_of(found[2, ]))
}

em_covariance <- function(x) {
  pattern <- lavaan:::lav_data_missing_patterns(as.matrix(x))
  h1 <- lavaan:::lav_mvnorm_missing_h1_estimate_moments(Y = as.matrix(x), Mp = pattern, max.iter = 20000L, tol = 1e-15)
  n <- sum(rowSums(!is.na(x)) > 0)
  list(means = as.vector(h1$Mu), covariances = h1$Sigma * n / (n - 1), rows = n)
}

# ---- cases -----------------------------------------------------------------

# What psych gives on these answers, checked against the covariances used.
case_of <- function(name, x, missing = "listwise", deep = TRUE) {
  x <- as.matrix(x); k <- ncol(x)
  em <- NULL
  if (missing == "listwise") {
    used <- x[complete.cases(x), , drop = FALSE]; n <- nrow(used); s <- cov(used); given <- used
  } else if (missing == "pairwise") {
    n <- sum(rowSums(!is.na(x)) > 0); s <- cov(x, use = "pairwise"); given <- x; used <- NULL
  } else {
    em <- em_covariance(x); n <- em$rows; s <- em$covariances; given <- s; used <- NULL
  }
  dimnames(s) <- list(paste0("x", 1:k), paste0("x", 1:k))
  vary <- which(diag(s) > 0)
  of_psych <- quiet(psych::alpha(s[vary, vary], n.obs = n, check.keys = FALSE, warnings = FALSE))
  total <- of_psych$total
  raw <- k / (k - 1) * (1 - sum(diag(s)) / sum(s))
  if (length(vary) == k) close_to(raw, total$raw_alpha, 1e-12)
  if (missing == "pairwise" && length(vary) == k) {
    # psych from the answers: the same matrix.
    again <- quiet(psych::alpha(as.data.frame(x), use = "pairwise", check.keys = FALSE, warnings = FALSE))
    close_to(c(again$total$raw_alpha, again$total$std.alpha), c(total$raw_alpha, total$std.alpha), 1e-12)
  }
  rest <- vapply(1:k, function(i) {
    (sum(s[i, ]) - s[i, i]) / sqrt(s[i, i] * (sum(s) - 2 * sum(s[i, ]) + s[i, i]))
  }, 0)
  if (length(vary) == k) close_to(rest, of_psych$item.stats$r.drop, 1e-9)
  without <- vapply(1:k, function(i) {
    r <- s[-i, -i]; (k - 1) / (k - 2) * (1 - sum(diag(r)) / sum(r))
  }, 0)
  if (length(vary) == k) close_to(without, of_psych$alpha.drop$raw_alpha, 1e-12)
  standardized_without <- vapply(1:k, function(i) {
    left <- setdiff(vary, i)
    r <- cov2cor(s[left, left]); m <- length(left); m / (m - 1) * (1 - m / sum(r))
  }, 0)
  if (length(vary) == k) close_to(standardized_without, of_psych$alpha.drop$std.alpha, 1e-12)
  f <- qf(c(.975, .025), n - 1, (n - 1) * (k - 1))
  r <- cov2cor(s[vary, vary])
  expected <- list(
    rows = n, constant = setdiff(1:k, vary) - 1,
    alpha = raw, alpha_varying = total$raw_alpha, standardized = total$std.alpha, mean_correlation = total$average_r,
    lambda_6 = if (rcond(r) > 1e-12) 1 - sum(1 / diag(solve(r))) / sum(r) else NA,
    item_rest = rest, without = without, standardized_without = standardized_without,
    feldt = 1 - (1 - raw) * f, bonett = bonett(raw, n, k),
    normal_theory_se = {
      t <- sum(diag(s)); q <- 2 * k^2 / ((k - 1)^2 * sum(s)^3) * (sum(s) * (sum(diag(s %*% s)) + t^2) - 2 * t * sum(s %*% s))
      sqrt(q / n)
    },
    distribution_free_se = if (is.null(used)) NA else distribution_free(used),
    covariances = as.vector(s),
    means = if (is.null(em)) colMeans(x[if (missing == "listwise") complete.cases(x) else TRUE, , drop = FALSE], na.rm = TRUE) else em$means,
    sem = sqrt(sum(s)) * sqrt(1 - raw),
    odd_even = split_of(s, seq(1, k, 2)), all_splits = all_splits(s))
  if (deep) {
    least <- minres(r); by_psych <- quiet(fa(r, 1, n.obs = n, fm = "minres"))
    v <- s[vary, vary]
    omega <- list(minres = c(omega_of(v, least), fit = list(fit_of(r, least, n))))
    if (all(least$psi > .006)) close_to(abs(by_psych$loadings[, 1]), abs(least$loadings[, 1]), 1e-3)
    if (rcond(r) > 1e-10) {
      most <- likelihood(r)
      omega$ml <- c(omega_of(v, most), fit = list(fit_of(r, most, n)))
      if (all(most$psi > .006)) close_to(abs(factanal(covmat = r, factors = 1, n.obs = n)$loadings[, 1]), abs(most$loadings[, 1]), 1e-3)
    }
    # Errors where the answers stand in complete rows and no uniqueness stopped.
    if (!is.null(used) && length(vary) == k) {
      if (!omega$minres$heywood) omega$minres$errors <- omega_errors_minres(used, s, n)
      if (!is.null(omega$ml) && !omega$ml$heywood) {
        omega$ml$errors <- omega_errors_ml(used, n)
        close_to(omega$ml$errors$value, c(omega$ml$raw, omega$ml$standardized), 1e-6)
      }
    }
    expected$omega <- omega
  }
  if (k %% 2 == 0 && length(vary) == k && k <= 12) {
    halves <- quiet(splitHalf(s, covar = TRUE, check.keys = FALSE))
    ours <- expected$all_splits$guttman
    close_to(c(halves$maxrb, halves$minrb, halves$meanr), c(ours$maximum, ours$minimum, ours$mean), 1e-9)
  }
  list(name = name, missing = missing, columns = lapply(1:k, function(j) x[, j]), expected = expected)
}

likert <- function(n, loadings, top, offset) {
  g <- rnorm(n)
  sapply(seq_along(loadings), function(j) pmin(top, pmax(1, floor(offset + loadings[j] * g + rnorm(n) + .5))))
}
punch <- function(x, share) { x[sample(length(x), round(share * length(x)))] <- NA; x }

set.seed(20261125)
ceiling_form <- likert(80, rep(c(.9, 1.2, .7), 4), 5, 4.2)
holed <- punch(likert(120, c(1, .8, 1.2, .6, 1), 7, 5), .12)
holed[7, ] <- NA
wrong_key <- likert(60, c(1, 1, -1, .8, 1.1, .9), 7, 4)
constant <- likert(40, c(1, .9, 1.1, .8, 1), 7, 4); constant[, 3] <- 5
real <- matrix(rnorm(300), 50) + 1e4 + 2 * rnorm(50)
short <- likert(6, rep(1, 9), 7, 4)
heywood <- { g <- rnorm(50); round(cbind(g, g + .05 * rnorm(50), .3 * g + rnorm(50), .2 * g + rnorm(50), .25 * g + rnorm(50)), 2) }
cases <- list(
  case_of("attitude", attitude),
  case_of("twelve items with a ceiling", ceiling_form),
  case_of("missing cells, listwise", holed),
  case_of("missing cells, pairwise", holed, "pairwise"),
  case_of("missing cells, EM", holed, "em"),
  case_of("an item not reversed", wrong_key),
  case_of("a constant item", constant, deep = TRUE),
  case_of("decimals far from 0", real),
  case_of("fewer rows than items", short, deep = FALSE),
  case_of("a Heywood case", heywood))

set.seed(11)
cases[[2]]$expected$omega$minres$bootstrap <- omega_bootstrap(ceiling_form, 2000)

known <- list(
  alpha = .8431427696, standardized = .8390838, mean_correlation = .42690664, lambda_6 = .87521514,
  feldt = c(.7393756856, .9157730722), bonett = c(.7330056902, .9138886167),
  normal_theory_se = .0424356956, distribution_free_se = .0414475631,
  without = c(.8097602, .7969175, .8278478, .8030310, .7953866, .8638723, .8404649),
  item_rest = c(.6712621, .7421097, .5607111, .7144455, .7862756, .2650343, .4608105),
  sem = 22.87142137)
for (n in names(known)) close_to(cases[[1]]$expected[[n]], known[[n]], 1e-7)
close_to(unlist(cases[[1]]$expected$odd_even), c(.8562073502, .9225341664, .9052318985, .9238916177), 1e-9)
a <- cases[[1]]$expected$omega
close_to(a$ml$loadings, c(.8524782, .9022414, .5927052, .7306959, .7649939, .2460928, .3778441), 1e-5)
close_to(a$minres$loadings, c(.7577722, .8338272, .6034273, .7887271, .8411194, .2844648, .4910469), 1e-5)
close_to(c(a$ml$standardized, a$ml$raw, a$ml$raw_observed, a$minres$standardized, a$minres$standardized_observed),
         c(.8405446727, .8563269, .8263174722, .8506823948, .8489158829), 1e-5)

# lavaan's one-factor model of the attitude data: chi-square, RMSEA, CFI.
cfa_fit <- fitMeasures(cfa(paste("g =~", paste(names(attitude), collapse = "+")), attitude, std.lv = TRUE))
close_to(unname(cfa_fit[c("chisq", "df", "pvalue", "rmsea", "cfi")]), unlist(a$ml$fit), 1e-5)

# ---- Schmid-Leiman, subscales ------------------------------------------------

hierarchical <- function(name, r, n, m) {
  r <- unname(as.matrix(r)); dimnames(r) <- list(paste0("v", seq_len(ncol(r))), paste0("v", seq_len(ncol(r))))
  o <- quiet(omega(r, m, n.obs = n, plot = FALSE, flip = FALSE))
  sl <- unclass(o$schmid$sl)
  # psych's group factors keep its own order and signs: by the item with the smallest position.
  sub <- apply(sl[, 2:(m + 1), drop = FALSE], 1, function(v) which.max(abs(v)))
  order <- unique(sub)
  list(name = name, rows = n, factors = m, correlations = as.vector(r),
       expected = list(hierarchical = o$omega_h, total = o$omega.tot, asymptotic = o$omega.lim, lambda_6 = o$G6, alpha = o$alpha,
         explained_common_variance = unname(o$ECV), general_loadings = unname(sl[, 1]),
         groups = lapply(order, function(g) list(items = unname(which(sub == g)) - 1,
           total = o$omega.group[g + 1, "total"], general = o$omega.group[g + 1, "general"], specific = o$omega.group[g + 1, "group"]))))
}
set.seed(77)
three <- {
  g <- rnorm(400); groups <- matrix(rnorm(1200), 400)
  sapply(1:12, function(j) 1.0 * g + .8 * groups[, (j - 1) %/% 4 + 1] + rnorm(400))
}
two <- {
  g <- rnorm(300); groups <- matrix(rnorm(600), 300)
  sapply(1:8, function(j) .9 * g + .7 * groups[, (j - 1) %/% 4 + 1] + rnorm(300))
}
schmid_leiman <- list(
  hierarchical("Thurstone", Thurstone, 213, 3),
  hierarchical("three groups of four", cor(three), 400, 3),
  hierarchical("two groups of four", cor(two), 300, 2))
t <- schmid_leiman[[1]]$expected
close_to(c(t$hierarchical, t$total, t$alpha, t$lambda_6, t$asymptotic), c(.73607032, .93082541, .89145754, .90817624, .79077162), 1e-7)

subscale_value <- function(s, items) {
  x <- sum(s); v <- sum(s[items, items]); k <- length(items)
  rho <- k / (k - 1) * (1 - sum(diag(s)[items]) / v)
  with_total <- sum(s[items, ])
  list(items = items - 1, alpha = rho, from_subscale = rho, from_total = (with_total - (1 - rho) * v)^2 / (rho * v * x))
}
subscales <- local({
  s <- cov(three)
  list(columns = lapply(1:12, function(j) three[, j]),
       expected = lapply(list(1:4, 5:8, 9:12, c(1, 5, 9)), function(i) subscale_value(s, i)))
})

# ---- writing ---------------------------------------------------------------

number <- function(x) ifelse(is.na(x), "null", ifelse(x == round(x) & abs(x) < 1e15, sprintf("%.0f", x), sprintf("%.17g", x)))
json <- function(x, scalar_list = FALSE) {
  if (is.list(x)) {
    if (is.null(names(x))) return(paste0("[", paste(vapply(x, json, ""), collapse = ",\n"), "]"))
    lists <- c("columns", "constant", "item_rest", "without", "standardized_without", "feldt", "bonett", "covariances", "means",
               "loadings", "uniquenesses", "correlations", "general_loadings", "items", "value", "normal", "normal_low", "normal_high", "free", "bootstrap")
    parts <- vapply(names(x), function(n) {
      value <- x[[n]]
      text <- if (n %in% lists && !is.list(value)) paste0("[", paste(number(value), collapse = ","), "]")
      else if (n == "columns") paste0("[", paste(vapply(value, function(v) paste0("[", paste(number(v), collapse = ","), "]"), ""), collapse = ",\n"), "]")
      else json(value)
      paste0("\"", n, "\":", text)
    }, "")
    return(paste0("{", paste(parts, collapse = ","), "}"))
  }
  if (is.character(x)) return(paste0("\"", x, "\""))
  if (is.logical(x) && !is.na(x)) return(tolower(as.character(x)))
  number(unname(x))
}
document <- list(topic = "form-reliability", script = script,
  tool = list(name = "R psych, GPArotation, lavaan", version = paste0("R ", getRversion(), ", psych ", packageVersion("psych"),
    ", GPArotation ", packageVersion("GPArotation"), ", lavaan ", packageVersion("lavaan"))),
  made = made, cases = cases, hierarchical = schmid_leiman, subscales = subscales)
con <- file(out, open = "wb")
writeLines(json(document), con, useBytes = TRUE)
close(con)
cat("wrote", out, "\n")
