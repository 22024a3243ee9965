# Runs exported recipes and collects their numbers; called by exports.py, which makes the recipes.
#
# Run by:  tests/oracles/exports.py
# Writes:  the numbers of each recipe in the folder given, as one JSON file there
# Needs:   R with lavaan, survival, nlme, mice, pan, lme4

source("tests/oracles/panels.R")
folder <- commandArgs(TRUE)[1]

facts_of <- function(fit) {
  if (inherits(fit, "lavaan")) {
    wanted <- c("chisq", "df", "cfi", "rmsea", "logl", "npar")
    found <- suppressWarnings(as.list(lavaan::fitMeasures(fit, wanted)))
    return(c(found, list(clients = if (lavaan::lavInspect(fit, "ngroups") == 1) sum(lavaan::lavInspect(fit, "nobs")) else NA_real_)))
  }
  if (inherits(fit, "lme")) {
    phi <- fit$modelStruct$corStruct
    return(list(
      logl = as.numeric(logLik(fit)), residual = fit$sigma,
      deviations = I(as.numeric(nlme::VarCorr(fit)[, "StdDev"])),
      phi = if (is.null(phi)) NA_real_ else as.numeric(coef(phi, unconstrained = FALSE)), sessions = fit$dims$N))
  }
  if (inherits(fit, "coxph")) {
    return(list(logl = fit$loglik[2], logl_null = fit$loglik[1], rows = fit$n, events = fit$nevent))
  }
  list()
}

columns_of <- function(table) {
  label <- if (!is.null(table$label)) table$label else if (!is.null(table$variable)) table$variable else rownames(table)
  numbers <- table[vapply(table, is.numeric, TRUE)]
  c(list(label = I(as.character(label))), lapply(numbers, function(x) I(ifelse(is.finite(x), as.numeric(x), NA))))
}

run_recipe <- function(case) {
  script <- list.files(file.path(folder, case), pattern = "\\.R$")
  if (length(script) != 1) return(NULL)
  workspace <- new.env(parent = globalenv())
  before <- setwd(file.path(folder, case))
  on.exit(setwd(before))
  utils::capture.output(suppressWarnings(suppressMessages(source(script, local = workspace))))
  found <- list(case = case, estimates = columns_of(workspace$estimates), facts = facts_of(workspace$fit))
  if (case == "cross-lagged") {
    # Standard errors from expected information, as lavaan gives them for complete data.
    other <- lavaan::lavaan(workspace$model, data = workspace$data, missing = "fiml", information = "expected")
    other <- subset(lavaan::parameterEstimates(other), label != "" & !duplicated(label))
    found$expected_information <- list(label = I(other$label), se = I(other$se))
  }
  if (!is.null(workspace$heywood)) {
    found$heywood <- list(label = I(workspace$heywood$label), est = I(workspace$heywood$est))
    found$parameters <- columns_of(subset(workspace$parameters, grepl("^(loading|uniqueness)_", label) & !duplicated(label)))
    found$sessions_per_client <- as.numeric(workspace$sessions_per_client)
  }
  found
}

cases <- sort(list.dirs(folder, full.names = FALSE, recursive = FALSE), method = "radix")
found <- Filter(Negate(is.null), lapply(cases, run_recipe))
version_of <- function(name) as.character(packageVersion(name))
packages <- c("lavaan", "lme4", "mice", "nlme", "pan", "survival")
versions <- c(list(R = paste0(R.version$major, ".", R.version$minor)), setNames(lapply(packages, version_of), packages))
con <- file(file.path(folder, "numbers.json"), open = "wb")
writeLines(json(list(versions = versions, cases = found)), con, useBytes = TRUE)
close(con)
