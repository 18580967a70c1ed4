//! The flag that says what becomes of events with a NULL in their key.

use clap::{Args, ValueEnum};
use spectrum_engine::NullKey;

/// What to do with events that have a NULL in a key column.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct NullKeyFlag {
    /// What to do with events that have a NULL in a key column
    #[arg(long, value_name = "WHAT", default_value = "group", help_heading = "What a session is")]
    null_key: Choice,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// NULL is a value like any other: all of them are events of one key
    Group,
    /// Leave them out and count them
    Drop,
    /// Stop and name the first of them
    Refuse,
}

impl NullKeyFlag {
    pub(crate) fn choice(self) -> NullKey {
        match self.null_key {
            Choice::Group => NullKey::Group,
            Choice::Drop => NullKey::Drop,
            Choice::Refuse => NullKey::Refuse,
        }
    }
}
