//! One event, small enough that fifty million of them fit in 800 MB.

use crate::visit::{Campaign, EventType, Page};

/// What happened, in 16 bytes; ids and texts are derived from it when a batch is made.
///
/// The order of the fields is the order of the events: by time, and under equal times by everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    /// Microseconds since the start of the window.
    pub(crate) at: u64,
    /// The user's number, from 0.
    pub(crate) user: u32,
    /// Which of the user's accounts, from 0.
    pub(crate) membership: u8,
    pub(crate) event_type: EventType,
    pub(crate) page: Page,
    pub(crate) campaign: Option<Campaign>,
}

const _: () = assert!(size_of::<Event>() == 16);
