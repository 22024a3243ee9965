# Polychoric correlations by two-step maximum likelihood, and ordinal alpha and omega.
#
# Run from the repository root:  Rscript tests/oracles/polychoric.R
# Writes:                        tests/vectors/polychoric.json
# Needs:                         R, mvtnorm, polycor, psych (Debian: r-cran-mvtnorm r-cran-polycor r-cran-psych)
#
# polycor and psych stop optimising at the fifth digit. The same likelihood is
# maximised here to the last digits over mvtnorm's probabilities (algorithm TVPACK),
# and polycor, and psych without its correction of empty cells, must agree to 1e-4.

suppressPackageStartupMessages({library(mvtnorm); library(polycor); library(psych)})
made <- "2026-11-25" # day on which the numbers were made; change it with them
script <- "tests/oracles/polychoric.R"
out <- "tests/vectors/polychoric.json"
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
quiet <- function(expr) { v <- NULL; invisible(capture.output(suppressWarnings(suppressMessages(v <- expr)))); v }

two_step <- function(table) {
  cut <- function(m) qnorm(head(cumsum(m), -1) / sum(m))
  a <- cut(rowSums(table)); b <- cut(colSums(table))
  corners <- function(rho) outer(c(-Inf, a, Inf), c(-Inf, b, Inf), Vectorize(function(h, k) {
    if (h == -Inf || k == -Inf) 0 else if (h == Inf) pnorm(k) else if (k == Inf) pnorm(h)
    else as.numeric(pmvnorm(upper = c(h, k), corr = matrix(c(1, rho, rho, 1), 2), algorithm = TVPACK(1e-15)))
  }))
  nll <- function(rho) {
    p <- corners(rho)
    cell <- pmax(p[-1, -1] - p[-nrow(p), -1] - p[-1, -ncol(p)] + p[-nrow(p), -ncol(p)], 1e-300)
    -sum(table[table > 0] * log(cell[table > 0]))
  }
  # The score by central differences, then its root: a minimum found by values alone has half the digits.
  score <- function(rho, h = 1e-4) (8 * (nll(rho + h) - nll(rho - h)) - (nll(rho + 2 * h) - nll(rho - 2 * h))) / (12 * h)
  near <- optimize(nll, c(-.999, .999), tol = 1e-8)$minimum
  rho <- uniroot(score, near + c(-1e-3, 1e-3), tol = 1e-13, extendInt = "yes")$root
  list(rho = rho, first = a, second = b, nll = nll(rho),
       se = 1 / sqrt((score(rho + 1e-4) - score(rho - 1e-4)) / 2e-4))
}

table_case <- function(name, table) {
  found <- two_step(table)
  stopifnot(abs(polychor(table) - found$rho) < 1e-4)
  by_psych <- quiet(polychoric(as.data.frame(as.table(table))[rep(seq_along(table), table), 1:2] |>
    lapply(as.integer) |> as.data.frame(), correct = 0))$rho[2, 1]
  stopifnot(abs(by_psych - found$rho) < 1e-3)
  corrected <- quiet(polychoric(as.data.frame(as.table(table))[rep(seq_along(table), table), 1:2] |>
    lapply(as.integer) |> as.data.frame()))$rho[2, 1]
  c(list(name = name, rows = nrow(table), columns = ncol(table), table = as.vector(t(table)), corrected = corrected), found)
}
poly <- matrix(c(20,5,1,0, 8,30,12,2, 1,10,40,15, 0,3,14,39), 4, byrow = TRUE)
tetra <- matrix(c(40,10, 15,35), 2, byrow = TRUE)
options(warn = -1) # polycor meets log(0) at the ends of its search
tables <- list(
  table_case("four by four", poly),
  table_case("tetrachoric", tetra),
  table_case("opposite", poly[4:1, ]),
  table_case("many empty cells", matrix(c(12,2,0,0, 3,9,0,0, 0,4,11,3), 3, byrow = TRUE)),
  table_case("nearly independent", matrix(c(10,12,9, 11,10,12, 12,9,11), 3, byrow = TRUE)))
stopifnot(abs(tables[[1]]$rho - .8459960512) < 1e-6, abs(tables[[1]]$nll - 451.4899648) < 1e-6, abs(tables[[2]]$rho - .71273186) < 1e-4,
  abs(tables[[1]]$first - c(-1.126391129, -.2793190344, .5828415073)) < 1e-8,
  abs(tables[[1]]$second - c(-1.0581216177, -.2923748962, .5828415073)) < 1e-8)
stopifnot(abs(tables[[1]]$se - .024352153) < 1e-8)

set.seed(31)
g <- rnorm(400)
form <- sapply(c(.8, .7, .6, .75, .65), function(l) findInterval(l * g + sqrt(1 - l^2) * rnorm(400), c(-.9, -.1, .8)) + 1)
k <- ncol(form)
r <- diag(k)
for (i in 2:k) for (j in 1:(i - 1)) r[i, j] <- r[j, i] <- two_step(table(form[, i], form[, j]))$rho
minres <- function(r) {
  residuals <- function(l) { e <- r - outer(l, l); sum(e[lower.tri(e)]^2) }
  slope <- function(l) { e <- r - outer(l, l); diag(e) <- 0; as.vector(-2 * e %*% l) }
  nlminb(rep(.7, ncol(r)), residuals, slope, control = list(rel.tol = 1e-15, x.tol = 1e-14, abs.tol = 0))$par
}
l <- minres(r)
ordinal <- list(columns = lapply(1:k, function(j) form[, j]), correlations = as.vector(r),
  alpha = k / (k - 1) * (1 - k / sum(r)), omega = sum(l)^2 / (sum(l)^2 + sum(1 - l^2)))
rownames(r) <- colnames(r) <- paste0("x", 1:k)
stopifnot(abs(quiet(psych::alpha(r))$total$std.alpha - ordinal$alpha) < 1e-9)

number <- function(x) ifelse(is.na(x), "null", ifelse(x == round(x), sprintf("%.0f", x), sprintf("%.17g", x)))
array <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
entry <- function(c) paste0("{\"name\":\"", c$name, "\",\"rows\":", c$rows, ",\"columns\":", c$columns, ",\"table\":", array(c$table),
  ",\"rho\":", number(c$rho), ",\"se\":", number(c$se), ",\"nll\":", number(c$nll), ",\"corrected\":", number(c$corrected),
  ",\n \"first\":", array(c$first), ",\"second\":", array(c$second), "}")
con <- file(out, open = "wb")
writeLines(paste0("{\"topic\":\"polychoric\",\n\"script\":\"", script, "\",\n\"tool\":{\"name\":\"R mvtnorm, polycor, psych\",\"version\":\"R ", getRversion(),
  ", mvtnorm ", packageVersion("mvtnorm"), ", polycor ", packageVersion("polycor"), ", psych ", packageVersion("psych"), "\"},\n\"made\":\"", made,
  "\",\n\"tables\":[\n", paste(vapply(tables, entry, ""), collapse = ",\n"), "],\n\"form\":{\"columns\":[",
  paste(vapply(ordinal$columns, array, ""), collapse = ",\n"), "],\n\"correlations\":", array(ordinal$correlations),
  ",\n\"alpha\":", number(ordinal$alpha), ",\"omega\":", number(ordinal$omega), "}}"), con, useBytes = TRUE)
close(con)
