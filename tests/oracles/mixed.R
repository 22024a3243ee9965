# Reference fits of linear mixed models.
#
# Run from the repository root:  Rscript tests/oracles/mixed.R
# Writes:                        tests/vectors/mixed.json
# Needs:                         R with lme4, lmerTest, nlme, numDeriv
#
# lme4 estimates; its tolerances are tightened, since by default its variances
# are good to five digits. lmerTest gives Satterthwaite's degrees of freedom and
# the covariance of the variance parameters (observed information). nlme repeats
# two of the models by another algorithm.

made <- "2026-11-25" # day on which the numbers were made; change it with them
source("tests/oracles/panels.R")
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
})

tight <- lmerControl(
  optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(rhobeg = 0.1, rhoend = 1e-10, maxfun = 1e5))

a <- panel_a()
b <- panel_b()
centred <- function(data) {
  mean_of_client <- ave(data$all, data$client)
  grand <- mean(data$all)
  data$t <- data$session - 1
  data$within <- data$all - mean_of_client
  data$between <- mean_of_client - grand
  data$product <- data$within * data$between
  data$rated_less_grand <- data$rated - grand
  # Panel A has no variance between therapists; this has.
  data$lifted <- data$all + 0.15 * ((3 * data$therapist) %% 7)
  data
}
thinned <- function(data) {
  data[(data$client^2 + 5 * data$session^2 + 3 * data$client * data$session) %% 13 > data$client %% 7, ]
}
datasets <- list(
  "panel-a" = centred(a), "panel-a-thinned" = centred(thinned(a)),
  "panel-b" = b, "panel-b-thinned" = thinned(b))
stopifnot(nrow(datasets[["panel-a-thinned"]]) == 376, length(unique(datasets[["panel-a-thinned"]]$client)) == 60)

# ---- one fit -------------------------------------------------------------------

case <- function(id, data, response, fixed = character(), slope = "", covariance = "", outer = "", likelihood = "REML") {
  random <- if (slope == "") "(1 | client)" else if (covariance == "correlated") {
    paste0("(1 + ", slope, " | client)")
  } else paste0("(1 + ", slope, " || client)")
  terms <- c("1", fixed, random, if (outer != "") paste0("(1 | ", outer, ")"))
  formula <- as.formula(paste(response, "~", paste(terms, collapse = " + ")))
  model <- lmer(formula, data = datasets[[data]], REML = likelihood == "REML", control = tight)
  # The components as a function of theta and sigma.
  variances <- function(parameters) {
    theta <- head(parameters, -1)
    s2 <- tail(parameters, 1)^2
    group <- c(0, 0, 0) # intercept, slope, covariance
    outer_variance <- 0
    at <- 1
    for (term in seq_along(model@cnms)) {
      columns <- model@cnms[[term]]
      if (names(model@cnms)[term] == "client") {
        if (length(columns) == 2) {
          L <- matrix(c(theta[at], theta[at + 1], 0, theta[at + 2]), 2)
          V <- L %*% t(L)
          group <- c(V[1, 1], V[2, 2], V[2, 1])
          at <- at + 3
        } else {
          if (columns == "(Intercept)") group[1] <- theta[at]^2 else group[2] <- theta[at]^2
          at <- at + 1
        }
      } else {
        outer_variance <- theta[at]^2
        at <- at + 1
      }
    }
    s2 * c(1, group, outer_variance)
  }
  parameters <- c(getME(model, "theta"), sigma(model))
  components <- variances(parameters)
  singular <- any(abs(getME(model, "theta")[getME(model, "lower") == 0]) < 1e-6)
  J <- numDeriv::jacobian(variances, parameters)
  A <- as_lmerModLmerTest(model)@vcov_varpar
  df <- if (singular) rep(NA_real_, length(fixef(model))) else summary(model, ddf = "Satterthwaite")$coefficients[, "df"]
  se <- if (singular) rep(NA_real_, 5) else sqrt(diag(J %*% A %*% t(J)))
  effects <- ranef(model, condVar = TRUE)
  of_client <- effects$client
  cond <- attr(of_client, "postVar")
  # With uncorrelated terms postVar is a list of one array per term, without the covariance between terms.
  if (is.list(cond)) {
    cond <- lapply(1:nrow(of_client), function(g) c(cond[[1]][1, 1, g], NA, NA, cond[[2]][1, 1, g]))
  } else cond <- lapply(1:nrow(of_client), function(g) as.matrix(cond[, , g]))
  first <- lapply(c(1, 2, 3, 20), function(g) {
    list(code = as.numeric(rownames(of_client)[g]), effect = I(unname(unlist(of_client[g, ]))), variance = I(as.vector(cond[[g]])))
  })
  outer_first <- if (outer == "") list() else lapply(1:3, function(g) {
    list(code = as.numeric(rownames(effects[[outer]])[g]), effect = effects[[outer]][g, 1],
         variance = attr(effects[[outer]], "postVar")[1, 1, g])
  })
  V <- as.matrix(vcov(model))
  list(
    id = id, data = data, response = response, fixed = I(fixed), slope = slope, covariance = covariance,
    outer = outer, likelihood = likelihood, rows = nobs(model), singular = singular,
    deviance = if (likelihood == "REML") REMLcrit(model) else deviance(model, REML = FALSE),
    coefficients = I(unname(fixef(model))), standard_errors = I(unname(sqrt(diag(V)))),
    covariances = I(as.vector(V)), degrees_of_freedom = I(unname(df)),
    components = I(components), component_standard_errors = I(se), groups = first, outers = outer_first)
}

cases <- list()
for (data in c("panel-a", "panel-a-thinned")) {
  for (likelihood in c("REML", "ML")) {
    add <- function(name, ...) {
      id <- paste(name, data, tolower(likelihood), sep = "-")
      cases[[length(cases) + 1]] <<- case(id, data, ..., likelihood = likelihood)
    }
    add("intercept", "all")
    add("growth", "all", "t", slope = "t", covariance = "correlated")
    add("growth-uncorrelated", "all", "t", slope = "t", covariance = "uncorrelated")
    add("truth-and-bias", "rated_less_grand", c("within", "between"), slope = "within", covariance = "uncorrelated")
    add("truth-and-bias-intercept", "rated_less_grand", "within")
    add("disaggregated", "y", c("within", "between", "session"))
    add("raw", "y", c("all", "session"))
    add("interaction", "y", c("within", "between", "session", "product"))
    add("no-therapist-variance", "all", outer = "therapist")
    add("therapists", "lifted", "t", outer = "therapist")
    add("growth-in-therapists", "lifted", "t", slope = "t", covariance = "correlated", outer = "therapist")
  }
}
for (data in c("panel-b", "panel-b-thinned")) for (likelihood in c("REML", "ML")) {
  id <- paste("nested", data, tolower(likelihood), sep = "-")
  cases[[length(cases) + 1]] <- case(id, data, "y", outer = "therapist", likelihood = likelihood)
}

# ---- the dossier's numbers ------------------------------------------------------

by_id <- setNames(cases, vapply(cases, function(case) case$id, ""))
known <- function(id, what, printed, decimals) prints_as(by_id[[id]][[what]], printed, decimals)
known("intercept-panel-a-reml", "deviance", 821.9417602, 6)
known("intercept-panel-a-reml", "coefficients", 5.338541667, 9)
known("growth-panel-a-reml", "standard_errors", c(0.097894777, 0.011378866), 6)
known("nested-panel-b-reml", "deviance", 570.492877, 6)
known("nested-panel-b-ml", "deviance", 569.121704, 6)
known("disaggregated-panel-a-reml", "coefficients", c(19.739796945, -0.787223086, -2.477078967, 0.058682623), 6)
known("truth-and-bias-panel-a-reml", "coefficients", c(-0.30464979, 0.28079901, 0.61930391), 5)
stopifnot(by_id[["no-therapist-variance-panel-a-reml"]]$singular)

# ---- nlme, by another algorithm --------------------------------------------------

agrees <- function(one, other, tolerance = 1e-5) stopifnot(all(abs(one - other) <= tolerance * pmax(1, abs(other))))
for (data in c("panel-a", "panel-a-thinned")) {
  other <- nlme::lme(all ~ t, random = ~ t | client, data = datasets[[data]], method = "REML")
  own <- by_id[[paste("growth", data, "reml", sep = "-")]]
  agrees(own$coefficients, nlme::fixef(other))
  agrees(own$deviance, AIC(other) - 2 * 6) # two fixed effects and four variances
  agrees(own$components[2:4], nlme::getVarCov(other)[c(1, 4, 2)])
  other <- nlme::lme(lifted ~ t, random = ~ 1 | therapist / client, data = datasets[[data]], method = "REML")
  own <- by_id[[paste("therapists", data, "reml", sep = "-")]]
  agrees(own$standard_errors, sqrt(diag(vcov(other))))
  agrees(own$components[c(5, 2, 1)], as.numeric(nlme::VarCorr(other)[c(2, 4, 5), "Variance"]))
}

version <- function(package) paste(package, packageVersion(package))
write_vector(
  "tests/vectors/mixed.json", "mixed", "tests/oracles/mixed.R", "R lme4, lmerTest, nlme",
  paste0("R ", getRversion(), ", ", paste(vapply(c("lme4", "lmerTest", "nlme", "numDeriv"), version, ""), collapse = ", ")),
  made,
  paste(
    "Models of the synthetic panels (see tests/oracles/panels.R). all: mean of the items; t: session - 1; within and",
    "between: all less the client's mean, and that less the grand mean; product: of both; rated_less_grand: rated less",
    "the grand mean of all; lifted: all + 0.15 * ((3 * therapist) mod 7); thinned: rows with (client^2 + 5 session^2",
    "+ 3 client * session) mod 13 above client mod 7, centred anew. components: residual, intercept, slope, covariance, outer.",
    "variance of a group: covariance of its effects given the rows, column by column. Standard errors of components and",
    "degrees of freedom are null for singular fits."),
  cases)
