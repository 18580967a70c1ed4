//! What the crate does to a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod around;
mod cancel;
mod cases;
mod certificates;
mod connect;
mod deploy;
mod dropped;
mod erase;
mod incremental;
mod load;
mod newer;
mod pooler;
mod privileges;
mod refresh;
mod repair;
mod security;
mod status_and_drop;
mod status_locked;
mod verify;

use spectrum_postgres::{Event, Message};

/// An observer that hears what a command does, as text.
fn hearing(mut hear: impl FnMut(&str)) -> impl FnMut(Event<'_>) {
    move |event| hear(&event.to_string())
}

/// Messages in the library's own words.
fn messages(messages: &[Message]) -> Vec<String> {
    messages.iter().map(ToString::to_string).collect()
}
