//! Which sessions could still go on at a time.

use crate::sessions::{SessionIndex, SessionReasons, Sessions};

/// What is known of a time that was asked about.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Under a rule of instants the end of a session says it.
    OfInstants { instant: i64, latest: Option<i64> },
    /// Where events had to be looked at: the sessions that are open, in order.
    Kept { open: Vec<u32>, latest: Option<i64> },
}

impl Asked {
    pub(crate) fn of_instants(instant: i64, sessions: &Sessions) -> Self {
        Self::OfInstants { instant, latest: sessions.end.iter().copied().max() }
    }
}

impl Sessions {
    /// Whether the session could go on at the time that [`crate::resolve_as_of`] was asked about: it is the latest of its key, an
    /// event then would come within the gap, and no rule has ended it. What that event would be is not known, so rules
    /// that look at it, such as `start_when`, have no say. Nothing is open where nobody asked.
    pub fn is_open(&self, session: SessionIndex) -> bool {
        match &self.asked {
            None => false,
            Some(Asked::Kept { open, .. }) => open.binary_search(&session.0).is_ok(),
            Some(Asked::OfInstants { instant, .. }) => match &self.reasons {
                SessionReasons::OfInstants(rule) => {
                    self.after(session).is_none() && rule.joins(self.end(session), *instant)
                }
                SessionReasons::Kept { .. } => false,
            },
        }
    }

    /// The latest instant of an event that takes part, where a time was asked about. No session is known as of an earlier one.
    pub fn latest(&self) -> Option<i64> {
        match self.asked {
            None => None,
            Some(Asked::OfInstants { latest, .. } | Asked::Kept { latest, .. }) => latest,
        }
    }
}
