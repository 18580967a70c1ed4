//! The flag that says what happens to events without a time.

use clap::{Args, ValueEnum};
use spectrum_engine::NullTime;

/// What to do with events whose time is NULL.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct NullTimeFlag {
    /// What to do with events whose time is NULL
    #[arg(long, value_name = "WHAT", default_value = "refuse", help_heading = "What a session is")]
    null_time: Choice,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// Stop and name the first of them
    Refuse,
    /// Leave them out and count them
    Drop,
}

impl NullTimeFlag {
    /// Whether they are left out.
    pub(crate) fn drops(self) -> bool {
        self.choice() == NullTime::Drop
    }

    pub(crate) fn choice(self) -> NullTime {
        match self.null_time {
            Choice::Refuse => NullTime::Refuse,
            Choice::Drop => NullTime::Drop,
        }
    }
}
