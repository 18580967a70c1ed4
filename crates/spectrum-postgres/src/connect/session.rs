//! Which of several servers will do: the primary, a standby, one that takes writes.

use postgres::{Client, SimpleQueryMessage};

use super::given::Given;

/// What `target_session_attrs` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl Session {
    pub(super) fn of(given: &Given) -> Result<Self, String> {
        let possible = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"];
        Ok(match given.one_of("target_session_attrs", &possible)? {
            Some("read-write") => Self::ReadWrite,
            Some("read-only") => Self::ReadOnly,
            Some("primary") => Self::Primary,
            Some("standby") => Self::Standby,
            Some("prefer-standby") => Self::PreferStandby,
            _ => Self::Any,
        })
    }

    /// Whether a server fits; otherwise what it is instead.
    pub(super) fn fits(self, client: &mut Client) -> Result<Result<(), &'static str>, postgres::Error> {
        if self == Self::Any {
            return Ok(Ok(()));
        }
        // A statement without a name, because nobody knows yet whether a pooler keeps the session that would know it, and
        // without operators, because the search path is not pinned yet.
        let asked = client.simple_query(
            "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')",
        )?;
        let is = |column, value| {
            let mut asked = asked.iter();
            asked.any(
                |message| matches!(message, SimpleQueryMessage::Row(row) if row.get(column) == Some(value)),
            )
        };
        let (standby, read_only) = (is(0, "t"), is(1, "on"));
        Ok(match self {
            Self::ReadWrite if read_only => Err("it takes no writes"),
            Self::ReadOnly if !read_only => Err("it takes writes"),
            Self::Primary if standby => Err("it is a standby"),
            Self::Standby | Self::PreferStandby if !standby => Err("it is not a standby"),
            _ => Ok(()),
        })
    }
}
