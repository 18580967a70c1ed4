//! In which steps an engine comes to the sessions.

use std::fmt;
use std::str::FromStr;

/// A way to the same rows. They differ in what moves between machines; docs/scale.md has the reckoning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Plan {
    /// All events of a key come to one place, where windows number its sessions.
    #[default]
    Window,
    /// Each machine reduces the events it reads to one row per key and piece of time. Windows number these
    /// rows, and events get their ids where they lie. Spark alone.
    Merge,
}

/// The text names no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("plan '{0}' is not one of window, merge")]
pub struct UnknownPlan(String);

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Window => "window",
            Self::Merge => "merge",
        })
    }
}

impl FromStr for Plan {
    type Err = UnknownPlan;

    fn from_str(text: &str) -> Result<Self, UnknownPlan> {
        [Self::Window, Self::Merge]
            .into_iter()
            .find(|plan| plan.to_string() == text)
            .ok_or_else(|| UnknownPlan(text.to_owned()))
    }
}
