# The synthetic panels of the psychometrics tests: a Lehmer generator (minimal
# standard) and sums of twelve uniform numbers. Sourced by other oracles.

lehmer <- new.env()
uniform <- function() {
  lehmer$state <- (16807 * lehmer$state) %% 2147483647
  lehmer$state / 2147483647
}
normal <- function() {
  sum <- 0
  for (i in 1:12) sum <- sum + uniform()
  sum - 6
}
lehmer$state <- 1
for (i in 1:10000) uniform()
stopifnot(lehmer$state == 1043618065)

# Ten therapists with six clients each, eight sessions.
panel_a <- function() {
  lehmer$state <- 20260101
  rows <- list()
  for (therapist in 1:10) {
    of_therapist <- 0.25 * normal()
    for (nth in 1:6) {
      client <- (therapist - 1) * 6 + nth
      level <- 0.7 * normal()
      seen <- 0.5 * level + 0.5 * normal()
      slope <- 0.05 + 0.05 * normal()
      within <- 0
      y <- 20 - 3 * level + 4 * normal()
      within_seen <- 0
      for (session in 1:8) {
        within <- 0.3 * within + 0.35 * normal()
        within_seen <- 0.2 * within_seen + 0.4 * within + 0.3 * normal()
        mu <- 5.2 + of_therapist + level + slope * (session - 1) + within
        items <- numeric(4)
        for (k in 1:4) {
          easier <- c(0.3, 0, -0.2, -0.1)[k]
          items[k] <- min(7, max(1, floor(mu + easier + 0.6 * normal() + 0.5)))
        }
        rated <- 4.9 + of_therapist + seen + slope * (session - 1) + within_seen
        y <- 0.6 * y + 8 - 1.0 * within - 0.8 * level + 2 * normal()
        rows[[length(rows) + 1]] <- c(therapist, client, session, items, round(rated, 4), round(y, 4))
      }
    }
  }
  data <- as.data.frame(do.call(rbind, rows))
  names(data) <- c("therapist", "client", "session", "i1", "i2", "i3", "i4", "rated", "y")
  stopifnot(
    nrow(data) == 480,
    identical(unname(colSums(data[4:7])), c(2701, 2565, 2470, 2514)),
    abs(sum(data$rated) - 2416.2681) < 1e-9, abs(sum(data$y) - 9601.8570) < 1e-9)
  data$all <- rowMeans(data[4:7])
  data
}

# Twelve therapists with five clients each, four sessions.
panel_b <- function() {
  lehmer$state <- 4242
  rows <- list()
  for (therapist in 1:12) {
    of_therapist <- 0.5 * normal()
    for (nth in 1:5) {
      level <- 0.7 * normal()
      for (session in 1:4) {
        y <- round(5 + of_therapist + level + 0.6 * normal(), 4)
        rows[[length(rows) + 1]] <- c(therapist, (therapist - 1) * 5 + nth, session, y)
      }
    }
  }
  data <- as.data.frame(do.call(rbind, rows))
  names(data) <- c("therapist", "client", "session", "y")
  stopifnot(nrow(data) == 240, abs(sum(data$y) - 1225.4211) < 1e-9)
  data
}

# ---- writing: 17 significant digits, nothing rounded ------------------------

json_number <- function(x) {
  ifelse(is.na(x), "null", ifelse(x == round(x) & abs(x) < 1e15, sprintf("%.0f", x), sprintf("%.17g", x)))
}
json <- function(x) {
  if (is.list(x)) {
    parts <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(parts, collapse = ","), "]"))
    return(paste0("{", paste0("\"", names(x), "\":", parts, collapse = ","), "}"))
  }
  if (length(x) == 0) return("[]")
  parts <- if (is.character(x)) paste0("\"", x, "\"") else if (is.logical(x)) tolower(as.character(x)) else json_number(x)
  # A vector of one is a number; wrap it in I() to make it an array of one.
  if (length(x) == 1 && !inherits(x, "AsIs")) parts else paste0("[", paste(parts, collapse = ","), "]")
}
write_vector <- function(out, topic, script, tool, version, made, note, cases) {
  head <- paste0(
    "{\"topic\":\"", topic, "\",\n\"script\":\"", script, "\",\n\"tool\":{\"name\":\"", tool,
    "\",\"version\":\"", version, "\"},\n\"made\":\"", made, "\",\n\"note\":\"", note, "\",\n\"cases\":[\n")
  con <- file(out, open = "wb")
  writeLines(paste0(head, paste(vapply(cases, json, ""), collapse = ",\n"), "\n]}"), con, useBytes = TRUE)
  close(con)
  cat("wrote", out, "with", length(cases), "cases\n")
}
# Half a unit of the last decimal printed elsewhere.
prints_as <- function(x, printed, decimals) {
  stopifnot(all(abs(x - printed) <= 0.5000001 * 10^-decimals))
}
