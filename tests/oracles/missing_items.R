# Reference standard errors of a prorated mean score.
#
# Run from the repository root:  Rscript tests/oracles/missing_items.R
# Writes:                        tests/vectors/missing-items.json
# Needs:                         R with its own packages stats and datasets
#
# The house formula is sqrt(s * (1/m - 1/k)) with s = mean item variance minus
# mean item covariance. The numbers here go another way: with k items, m of
# them answered, the prorated sum minus the full sum is a'x, where a is
# (k - m) / m for an answered item and -1 for a missing one. Its standard error
# is sqrt(a' Sigma a), and that of the mean score sqrt(a' Sigma a / k^2).

made <- "2026-11-23" # day on which the numbers were made; change it with them
script <- "tests/oracles/missing_items.R"
out <- "tests/vectors/missing-items.json"

weights <- function(k, missing) {
  m <- k - length(missing)
  a <- rep((k - m) / m, k)
  a[missing] <- -1
  a
}
se_of_sum <- function(sigma, missing) {
  a <- weights(nrow(sigma), missing)
  sqrt(drop(t(a) %*% sigma %*% a))
}
se_of_mean <- function(sigma, missing) se_of_sum(sigma, missing) / nrow(sigma)
exchangeable <- function(k, variance, covariance) {
  sigma <- matrix(covariance, k, k)
  diag(sigma) <- variance
  sigma
}
# Which items are missing makes no difference when items are exchangeable.
se_for_m <- function(sigma, m) {
  k <- nrow(sigma)
  last <- if (m < k) (m + 1):k else integer()
  first <- if (m < k) 1:(k - m) else integer()
  se <- se_of_mean(sigma, last)
  stopifnot(abs(se - se_of_mean(sigma, first)) <= 1e-12 * max(1, se))
  se
}
# Half a unit of the last decimal printed in the dossier.
prints_as <- function(x, printed, decimals) {
  stopifnot(all(abs(x - printed) <= 0.5000001 * 10^-decimals))
}

# ---- A2 of the statistics dossier: sigma 1.2, rho .5, k 12 -------------------

k <- 12
table_sigma <- exchangeable(k, 1.2^2, 0.5 * 1.2^2)
table_m <- c(12, 11, 10, 9, 6)
table_se <- vapply(table_m, function(m) se_for_m(table_sigma, m), 0)
prints_as(table_se, c(0, 0.0738549, 0.1095445, 0.1414214, 0.2449490), 7)

# ---- the attitude data --------------------------------------------------------

data <- as.matrix(datasets::attitude)
stopifnot(identical(unname(colSums(data)), c(1939, 1998, 1594, 1691, 1939, 2243, 1288)))
s <- stats::cov(data)
prints_as(c(sum(diag(s)), sum(s)), c(924.7862069, 3334.8919540), 7)

# The weights a are right: the printed standard errors of the prorated sum,
# with the covariance matrix as it is (not exchangeable).
missing_sets <- list(c("critical", "advance"), "critical", "rating")
printed <- c(19.5095509, 11.5071317, 9.0225859)
found <- vapply(missing_sets, function(set) {
  se_of_sum(s, match(set, colnames(data)))
}, 0)
prints_as(found, printed, 7)

mean_variance <- mean(diag(s))
mean_covariance <- mean(s[lower.tri(s)])
spread <- mean_variance - mean_covariance
attitude_sigma <- exchangeable(ncol(data), mean_variance, mean_covariance)
attitude_m <- 1:7
attitude_se <- vapply(attitude_m, function(m) se_for_m(attitude_sigma, m), 0)

# ---- writing: 17 significant digits, nothing rounded ------------------------

num <- function(x) ifelse(x == round(x), sprintf("%.0f", x), sprintf("%.17g", x))
quoted <- function(x) paste0("\"", x, "\"")
array_of <- function(x) paste0("[", paste(x, collapse = ","), "]")
errors <- function(m, se) {
  array_of(paste0("\n  {\"answered\":", m, ",\"se_mean\":", num(se), "}"))
}

cases <- c(
  paste0(
    "{\"id\":\"exchangeable\",\"origin\":\"statistics dossier A2\",\"items\":", k,
    ",\"mean_variance\":", num(1.2^2), ",\"mean_covariance\":", num(0.5 * 1.2^2),
    ",\"spread\":", num(1.2^2 - 0.5 * 1.2^2),
    ",\n \"errors\":", errors(table_m, table_se), "}"),
  paste0(
    "{\"id\":\"attitude\",\"origin\":\"R datasets::attitude (Chatterjee and Price), 30 x 7\",\"items\":",
    ncol(data), ",\"mean_variance\":", num(mean_variance),
    ",\"mean_covariance\":", num(mean_covariance), ",\"spread\":", num(spread),
    ",\n \"errors\":", errors(attitude_m, attitude_se),
    ",\n \"columns\":", array_of(quoted(colnames(data))),
    ",\n \"data\":[\n  ",
    paste(apply(data, 1, function(row) array_of(num(row))), collapse = ",\n  "),
    "\n ]}"))

note <- paste(
  "Standard error of the mean score of a form of k items when m are answered and the score is prorated.",
  "Reference route: sqrt(a' Sigma a / k^2), a = (k - m)/m for an answered item and -1 for a missing one, Sigma",
  "exchangeable with mean_variance on the diagonal and mean_covariance off it. spread = mean_variance -",
  "mean_covariance. attitude: Sigma from stats::cov (divisor n - 1); data holds the rows.")
head <- paste0(
  "{\"topic\":\"missing-items\",\n\"script\":", quoted(script),
  ",\n\"tool\":{\"name\":\"R stats::cov and matrix algebra\",\"version\":\"R ", getRversion(),
  "\"},\n\"made\":", quoted(made), ",\n\"note\":", quoted(note), ",\n\"cases\":[\n")
con <- file(out, open = "wb")
writeLines(paste0(head, paste(cases, collapse = ",\n"), "\n]}"), con, useBytes = TRUE)
close(con)
cat("wrote", out, "with", length(cases), "cases\n")
