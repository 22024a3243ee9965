# Reference scores of whole questionnaires, made with psych::scoreItems.
#
# Run from the repository root:  Rscript tests/oracles/scoring.R
# Writes:                        tests/vectors/scoring.json
# Needs:                         R, psych (Debian: r-base-core r-cran-psych)
#
# The keys below were typed from the tables of the instrument dossiers, not
# copied from the catalog of this project: they are the second, independent
# copy of each key.

suppressPackageStartupMessages(library(psych))

made <- "2026-11-23" # day on which the numbers were made; change it with them
script <- "tests/oracles/scoring.R"
out <- "tests/vectors/scoring.json"
n_complete <- 25
n_incomplete <- 15

RNGkind("Mersenne-Twister", "Inversion", "Rejection")

# ---- keys, typed from the dossiers -----------------------------------------

# WAI dossier, section 1 and 2: 36 items.
wai36 <- list(
  goal = c(3, 6, 9, 10, 12, 14, 22, 25, 27, 30, 32, 34),
  task = c(2, 4, 7, 11, 13, 15, 16, 18, 24, 31, 33, 35),
  bond = c(1, 5, 8, 17, 19, 20, 21, 23, 26, 28, 29, 36),
  total = 1:36
)
wai36_reversed <- c(1, 3, 7, 9, 10, 11, 12, 15, 20, 27, 29, 31, 33, 34)

# WAI dossier, section 4: 12 items; task-goal is the optional combined score.
waisr <- list(
  goal = c(4, 6, 8, 11),
  task = c(1, 2, 10, 12),
  bond = c(3, 5, 7, 9),
  total = 1:12,
  "task-goal" = c(1, 2, 4, 6, 8, 10, 11, 12)
)
waisr_backwards <- c(2, 5, 6, 8, 10, 11)

form <- function(id, k, lo, hi, reversed, scales, decimals = 0,
                 backwards = integer()) {
  list(id = id, k = k, lo = lo, hi = hi, reversed = reversed, scales = scales,
       decimals = decimals, backwards = backwards)
}

forms <- list(
  form("wai-36-client", 36, 1, 7, wai36_reversed, wai36),
  form("wai-36-therapist", 36, 1, 7, wai36_reversed, wai36),
  # Observer form: the scales are contested, so the total alone.
  form("wai-36-observer", 36, 1, 7, wai36_reversed, list(total = 1:36)),
  # WAI dossier, section 3.
  form("wai-s-client", 12, 1, 7, c(4, 10), list(
    goal = c(4, 6, 10, 11), task = c(1, 2, 8, 12), bond = c(3, 5, 7, 9),
    total = 1:12)),
  # WAI dossier, sections 1 and 3, blocked 5-point variant.
  form("wai-s-blocked-observer", 12, 1, 5, c(1, 3), list(
    goal = 1:4, task = 5:8, bond = 9:12, total = 1:12)),
  form("wai-sr-client", 12, 1, 5, c(), waisr, backwards = waisr_backwards),
  # WAI dossier, section 5: 10 items; the subscales are derived, so the total.
  form("wai-srt-therapist", 10, 1, 5, c(), list(total = 1:10),
       backwards = c(2, 5, 6, 8, 10)),
  # WAI dossier, section 6.
  form("dwai-client", 6, 1, 7, c(), list(total = 1:6)),
  # Dossier of the other instruments, section 0 (range of the TPOCS-A: its TOML).
  form("haq-ii-client", 19, 1, 6, c(4, 8, 11, 16, 19), list(total = 1:19)),
  form("arm-5-client", 5, 1, 7, c(3), list(total = 1:5)),
  form("tasc-r-client", 12, 1, 4, c(2, 5, 7, 8, 11), list(total = 1:12)),
  form("tascp-caregiver", 12, 1, 4, c(2, 5, 7, 8, 11), list(total = 1:12)),
  form("tpocs-a-observer", 9, 0, 5, c(2, 5, 6, 8), list(
    total = 1:9, brief = c(1, 3, 4, 5, 9))),
  form("srs-client", 4, 0, 10, c(), list(total = 1:4), decimals = 1)
)

# Every partition into goal, task and bond must use each item once.
for (f in forms) {
  if ("goal" %in% names(f$scales)) {
    parts <- sort(unlist(f$scales[c("goal", "task", "bond")], use.names = FALSE))
    stopifnot(identical(as.integer(parts), seq_len(f$k)))
  }
  stopifnot(all(unlist(f$scales) %in% seq_len(f$k)), all(f$reversed %in% seq_len(f$k)))
}

# ---- scoring ---------------------------------------------------------------

keys_for_psych <- function(scales, reversed) {
  lapply(scales, function(items) {
    paste0(ifelse(items %in% reversed, "-", ""), "x", items)
  })
}

# psych also estimates reliability, which is not used: what it says about that
# (smc, NaN in a corrected correlation) is silenced, and so is its warning that
# totals without imputation are risky, which is the point here. Any other
# warning stops the script.
psych_scores <- function(f, answers, reversed, missing, totals, impute) {
  data <- as.data.frame(answers)
  names(data) <- paste0("x", seq_len(f$k))
  result <- NULL
  invisible(capture.output(
    withCallingHandlers(
      result <- scoreItems(
        keys_for_psych(f$scales, reversed), data,
        totals = totals, missing = missing, impute = impute,
        delete = FALSE, min = f$lo, max = f$hi),
      warning = function(w) {
        known <- c("totals = TRUE without imputation", "NaNs produced")
        if (any(vapply(known, grepl, NA, conditionMessage(w), fixed = TRUE))) {
          invokeRestart("muffleWarning")
        }
        stop("unexpected warning: ", conditionMessage(w))
      },
      message = function(m) invokeRestart("muffleMessage")),
    type = "output"))
  stopifnot(identical(colnames(result$scores), names(f$scales)))
  result
}

draw <- function(f, n) {
  if (f$decimals == 1) {
    matrix(sample(0:(10 * f$hi), n * f$k, replace = TRUE) / 10, nrow = n)
  } else {
    matrix(sample(f$lo:f$hi, n * f$k, replace = TRUE), nrow = n)
  }
}

# Rows 1 to 13: one up to k - 1 items are missing at random. Row 14: one answer
# is left. Row 15: the whole first scale is missing, where there are several
# scales; otherwise as rows 1 to 13.
punch <- function(f, answers) {
  for (r in seq_len(n_incomplete)) {
    if (r == 14) {
      gone <- sample(f$k, f$k - 1)
    } else if (r == 15 && length(f$scales) > 1 && "goal" %in% names(f$scales)) {
      gone <- f$scales$goal
    } else {
      gone <- sample(f$k, sample(f$k - 1, 1))
    }
    answers[r, gone] <- NA
  }
  answers
}

# ---- writing: 17 significant digits, nothing rounded ------------------------

num <- function(x) {
  ifelse(is.na(x), "null",
         ifelse(x == round(x), sprintf("%.0f", x), sprintf("%.17g", x)))
}
quoted <- function(x) paste0("\"", x, "\"")
array_of <- function(x) paste0("[", paste(x, collapse = ","), "]")
object_of <- function(names, values) {
  paste0("{", paste0(quoted(names), ":", values, collapse = ","), "}")
}

respondents <- function(f, answers, means, sums, answered) {
  vapply(seq_len(nrow(answers)), function(r) {
    # Answers with one decimal are printed as they are given on the form.
    shown <- if (f$decimals == 1) {
      ifelse(is.na(answers[r, ]), "null", sprintf("%.1f", answers[r, ]))
    } else {
      num(answers[r, ])
    }
    scores <- vapply(seq_along(f$scales), function(s) {
      object_of(c("mean", "sum", "answered"),
                c(num(means[r, s]), num(sums[r, s]), num(answered[r, s])))
    }, "")
    object_of(c("complete", "answers", "scores"),
              c(if (anyNA(answers[r, ])) "false" else "true", array_of(shown),
                object_of(names(f$scales), scores)))
  }, "")
}

case_of <- function(f, entry, rows) {
  paste0(
    "{\"form\":", quoted(f$id), ",\"entry\":", quoted(entry),
    ",\"items\":", f$k, ",\"min\":", f$lo, ",\"max\":", f$hi,
    ",\"reversed\":", array_of(f$reversed),
    ",\"printed_backwards\":", array_of(f$backwards),
    ",\n \"scales\":",
    object_of(names(f$scales), vapply(f$scales, array_of, "")),
    ",\n \"respondents\":[\n  ", paste(rows, collapse = ",\n  "), "\n ]}")
}

cases <- character()
for (index in seq_along(forms)) {
  f <- forms[[index]]
  set.seed(20261100 + index)
  whole <- draw(f, n_complete)
  holed <- punch(f, draw(f, n_incomplete))
  all_rows <- rbind(whole, holed)

  # Complete forms: missing = FALSE.
  mean_whole <- psych_scores(f, whole, f$reversed, FALSE, FALSE, "none")$scores
  sum_whole <- psych_scores(f, whole, f$reversed, FALSE, TRUE, "none")$scores
  # The other route inside psych (data times key matrix) must agree.
  route <- psych_scores(f, whole, f$reversed, FALSE, FALSE, "median")$scores
  stopifnot(max(abs(route - mean_whole)) < 1e-12)
  route <- psych_scores(f, whole, f$reversed, FALSE, TRUE, "median")$scores
  stopifnot(max(abs(route - sum_whole)) < 1e-11)

  # All forms, the incomplete ones among them: missing = TRUE, impute = "none".
  by_mean <- psych_scores(f, all_rows, f$reversed, TRUE, FALSE, "none")
  by_sum <- psych_scores(f, all_rows, f$reversed, TRUE, TRUE, "none")
  size <- lengths(f$scales)
  answered <- matrix(size, nrow(all_rows), length(size), byrow = TRUE) - by_mean$missing
  first <- seq_len(n_complete)
  stopifnot(
    identical(unname(by_mean$scores[first, ]), unname(mean_whole[, ])),
    identical(unname(by_sum$scores[first, ]), unname(sum_whole[, ])),
    all(answered[first, ] == rep(size, each = n_complete)),
    # psych averages the answered items: sum of the answered = mean times number.
    max(abs(by_mean$scores * answered - by_sum$scores), na.rm = TRUE) < 1e-11,
    identical(unname(is.nan(by_mean$scores)), unname(answered == 0)),
    # What psych does under missing = FALSE: only the complete forms are scored.
    nrow(psych_scores(f, all_rows, f$reversed, FALSE, FALSE, "none")$scores) == n_complete)

  cases <- c(cases, case_of(
    f, "value",
    respondents(f, all_rows, by_mean$scores, by_sum$scores, answered)))

  if (f$id == "wai-sr-client") {
    # Column positions: the six items printed 5 to 1 arrive as 6 - x. psych
    # scores the positions with those six keyed negatively; the scores must be
    # those of the printed values.
    position <- whole
    position[, waisr_backwards] <- 6 - position[, waisr_backwards]
    stopifnot(any(position != whole))
    mean_position <- psych_scores(f, position, waisr_backwards, FALSE, FALSE, "none")$scores
    sum_position <- psych_scores(f, position, waisr_backwards, FALSE, TRUE, "none")$scores
    stopifnot(max(abs(mean_position - mean_whole)) < 1e-12,
              all(sum_position == sum_whole))
    cases <- c(cases, case_of(
      f, "position",
      respondents(f, position, mean_position, sum_position,
                  answered[first, , drop = FALSE])))
  }
}

note <- paste(
  "Random answers, scored by psych::scoreItems with min and max of the form, delete = FALSE and impute = none.",
  "mean: totals = FALSE. sum: totals = TRUE; the sum of the answered items after reversing, never prorated.",
  "answered: number of answered items of the scale, from the component missing.",
  "Missing answers are null. With missing = TRUE and impute = none psych gives the mean of the answered items of a",
  "scale, however few, which is the prorated mean; the prorated sum is that mean times the number of items of the",
  "scale. With no item answered its mean is NaN (null here) and its sum 0, which is no score.",
  "With missing = FALSE it drops every form with a missing answer on any item. Its default, missing = TRUE and",
  "impute = median, puts the sample median in the gap and is not used.",
  "entry = value: answers are the printed values. entry = position: answers are column positions, where the items of",
  "printed_backwards arrive as min + max - value; with entry = value printed_backwards plays no part.")
head <- paste0(
  "{\"topic\":\"scoring\",\n\"script\":", quoted(script),
  ",\n\"tool\":{\"name\":\"R psych::scoreItems\",\"version\":\"psych ",
  packageVersion("psych"), ", R ", getRversion(), "\"},\n\"made\":", quoted(made),
  ",\n\"note\":", quoted(note), ",\n\"cases\":[\n")
con <- file(out, open = "wb")
writeLines(paste0(head, paste(cases, collapse = ",\n"), "\n]}"), con, useBytes = TRUE)
close(con)
cat("wrote", out, "with", length(cases), "cases\n")
