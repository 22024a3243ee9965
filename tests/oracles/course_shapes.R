# Reference shapes of courses and their clusters.
#
# Run from the repository root:  Rscript tests/oracles/course_shapes.R
# Writes:                        tests/vectors/course-shapes.json
# Needs:                         R with its own package stats
# Then, to hold SciPy and NumPy against the same file:
#                                python3 tests/oracles/course_shapes_scipy.py
#
# Curves by lm, contrasts by contr.poly, clusters by hclust(method = "ward.D2")
# and cutree on coefficients divided by their standard deviations.

made <- "2026-11-25" # day on which the numbers were made; change it with them
script <- "tests/oracles/course_shapes.R"
out <- "tests/vectors/course-shapes.json"
set.seed(20261126, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

lattice <- function(y) (12 + round((pmin(pmax(y, 1), 7) - 1) * 12)) / 12
# Over a few sessions scores of a lattice give distances that tie, and R and
# SciPy break ties in different ways: those courses are left continuous.
course <- function(sessions, level, slope, curve, missing) {
  shown <- if (length(sessions) == 1 && sessions < 6) identity else lattice
  t <- seq_len(sessions) - 1
  middle <- (sessions - 1) / 2
  y <- shown(level + slope * (t - middle) + curve * (t - middle)^2 + rnorm(sessions, 0, 0.35))
  y[runif(sessions) < missing] <- NA
  y
}
draw <- function(clients, sessions, missing) {
  lapply(seq_len(clients), function(i) {
    kind <- i %% 3
    n <- if (length(sessions) > 1) sample(sessions, 1) else sessions
    course(n, rnorm(1, 5, 0.6), (kind == 1) * 0.12 + rnorm(1, 0, 0.02),
      (kind == 2) * 0.03 + rnorm(1, 0, 0.003), missing)
  })
}

# ---- fits -------------------------------------------------------------------

curve_of <- function(y) {
  t <- seq_along(y) - 1
  seen <- !is.na(y)
  if (sum(seen) < 5) return(rep(NA_real_, 4))
  t <- t[seen]
  x <- t - mean(t)
  z <- x^2 - mean(x^2)
  fit <- lm(y[seen] ~ x + z)
  c(unname(coef(fit)), summary(fit)$sigma)
}
contrasts_of <- function(y, count) {
  first <- y[seq_len(min(count, length(y)))]
  if (length(first) < count || anyNA(first)) return(rep(NA_real_, 4))
  basis <- contr.poly(count)[, 1:2]
  scores <- drop(first %*% basis)
  left <- first - mean(first) - drop(basis %*% scores)
  c(mean(first), scores, if (count > 3) sqrt(sum(left^2) / (count - 3)) else NA_real_)
}

# ---- clusters ---------------------------------------------------------------

grouped <- function(fits, counts) {
  has <- !is.na(fits[, 2])
  scaled <- apply(fits[has, 2:3], 2, function(v) (v - mean(v)) / sd(v))
  tree <- hclust(dist(scaled), method = "ward.D2")
  total <- sum(scale(scaled, scale = FALSE)^2)
  cuts <- lapply(counts, function(k) {
    groups <- cutree(tree, k)
    within <- sum(vapply(split(as.data.frame(scaled), groups), function(part) {
      sum(scale(part, scale = FALSE)^2)
    }, 0))
    of <- rep(NA_integer_, nrow(fits))
    of[has] <- groups
    list(k = k, of = of, between = 1 - within / total)
  })
  list(heights = tree$height, cuts = cuts)
}

# ---- writing: 17 significant digits, nothing rounded ------------------------

num <- function(x) ifelse(is.na(x), "null", ifelse(x == round(x), sprintf("%.0f", x), sprintf("%.17g", x)))
quoted <- function(x) paste0("\"", x, "\"")
array_of <- function(x) paste0("[", paste(x, collapse = ","), "]")
rows <- function(m) array_of(paste0("\n  ", apply(m, 1, function(row) array_of(num(row)))))

case <- function(id, courses, first, counts) {
  fits <- t(vapply(courses, if (is.na(first)) curve_of else function(y) contrasts_of(y, first), rep(0, 4)))
  found <- grouped(fits, counts)
  cuts <- vapply(found$cuts, function(cut) {
    paste0("\n  {\"clusters\":", cut$k, ",\"between\":", num(cut$between), ",\"of\":", array_of(num(cut$of)), "}")
  }, "")
  paste0("{\"id\":", quoted(id), ",\"first_sessions\":", num(first), ",\n \"courses\":",
    array_of(paste0("\n  ", vapply(courses, function(y) array_of(num(y)), ""))),
    ",\n \"shapes\":", rows(fits), ",\n \"heights\":", array_of(num(found$heights)),
    ",\n \"cuts\":", array_of(cuts), "}")
}

worked <- list(
  c(5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, NA, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0),
  c(5, 5.5, 6, 5.75, 6.25), c(6, 5, 4, 5, 6), c(5, NA, 5.5, 4.5), c(4, 5, 6, 7, 6, 5, 4.5))
# Section 1.9 of the rupture dossier prints the mean and the quadratic coefficient.
found <- curve_of(worked[[1]])
stopifnot(abs(found[1] - 5.34) <= 5e-5, abs(found[3] - 0.00988) <= 5e-6)

cases <- c(
  case("worked", worked, NA, 2:3),
  case("sixteen-sessions", draw(60, 16, 0.12), NA, 2:6),
  case("unequal-lengths", draw(90, 4:30, 0.2), NA, 2:6),
  case("four-sessions", draw(79, 4, 0.05), 4, 2:5),
  case("three-sessions", draw(12, 5, 0), 3, 2:3))

note <- paste(
  "courses: scores by session, null where there is none. shapes: level, linear, quadratic, residual SD; null where",
  "there are too few sessions. first_sessions: null for curves over all sessions (lm), else contrasts over so many",
  "(contr.poly). heights: of hclust ward.D2 on linear and quadratic over their standard deviations. cuts: groups of",
  "cutree, numbered by first client, and the share of variance between them.")
head <- paste0(
  "{\"topic\":\"course-shapes\",\n\"script\":", quoted(script),
  ",\n\"tool\":{\"name\":\"R stats::lm, contr.poly, hclust(ward.D2), cutree\",\"version\":\"R ", getRversion(),
  "\"},\n\"made\":", quoted(made), ",\n\"note\":", quoted(note), ",\n\"cases\":[\n")
con <- file(out, open = "wb")
writeLines(paste0(head, paste(cases, collapse = ",\n"), "\n]}"), con, useBytes = TRUE)
close(con)
cat("wrote", out, "with", length(cases), "cases\n")
