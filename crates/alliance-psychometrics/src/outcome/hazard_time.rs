//! How the chance of leaving changes from session to session.

/// Shape of the hazard over sessions, as columns for [`discrete_time_hazard`](super::discrete_time_hazard).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HazardTime {
    /// The same in every session.
    Constant,
    /// A line in the session number.
    #[default]
    Linear,
    /// A line in the logarithm of the session number, of sessions from 1 on; others have none (NaN).
    Logarithm,
    /// Each session its own: one column for each session number but the first. Sessions in which nobody left have no
    /// estimate, and with one of them there is no model.
    EachSession,
}

impl HazardTime {
    /// Columns, and the session number each stands for where they are one each.
    ///
    /// ```
    /// use alliance_psychometrics::outcome::HazardTime;
    ///
    /// let columns = HazardTime::EachSession.columns(&[2, 3, 2, 4]);
    /// assert_eq!(columns, [(Some(3), vec![0.0, 1.0, 0.0, 0.0]), (Some(4), vec![0.0, 0.0, 0.0, 1.0])]);
    /// assert!(HazardTime::Constant.columns(&[2, 3]).is_empty());
    /// ```
    pub fn columns(self, sessions: &[i64]) -> Vec<(Option<i64>, Vec<f64>)> {
        let each = |value: &dyn Fn(i64) -> f64| sessions.iter().map(|session| value(*session)).collect();
        match self {
            Self::Constant => Vec::new(),
            Self::Linear => vec![(None, each(&|session| session as f64))],
            Self::Logarithm => {
                vec![(None, each(&|session| if session > 0 { libm::log(session as f64) } else { f64::NAN }))]
            }
            Self::EachSession => {
                let mut numbers = sessions.to_vec();
                numbers.sort_unstable();
                numbers.dedup();
                let indicator = |number: i64| each(&|session| f64::from(u8::from(session == number)));
                numbers.into_iter().skip(1).map(|number| (Some(number), indicator(number))).collect()
            }
        }
    }
}
