//! The definition whose names stand for those of a user.

use spectrum_core::{DefinitionError, Gap, IdScheme, SessionDefinition};

use crate::dialect::Unsupported;
use crate::dialect::expressions::Shape;
use crate::dialect::plan::Plan;
use crate::dialect::types::{KeyType, Types};
use crate::dialect::{Dialect, TimeType};

pub(super) const KEY: &str = "spectrum_key";
pub(super) const TIME: &str = "spectrum_time";
pub(super) const EVENT_ID: &str = "spectrum_event_id";
pub(super) const CARRIED: &str = "spectrum_carried";

/// Where the rows come from. The second part is the name of the model that a summary reads, as it is a name of a step too.
pub(super) const EVENTS: [&str; 2] = ["spectrum_schema", "spectrum_events"];
pub(super) const SESSIONS: [&str; 2] = ["spectrum_schema", "sessions"];

/// A gap whose number is in no text by chance: 7919 is a prime, so it stays a number of microseconds in every unit.
const GAP_MICROSECONDS: &str = "7919000007919";
const GAP_NANOSECONDS: u64 = 7_919_000_007_919_000;

pub(super) fn definition(dialect: Dialect, id: IdScheme) -> Result<SessionDefinition, Unsupported> {
    let refused =
        |error: DefinitionError| Unsupported::new(dialect, "the stand-in definition", error.to_string());
    let gap = Gap::from_nanoseconds(GAP_NANOSECONDS).map_err(|error| refused(error.into()))?;
    let builder = SessionDefinition::builder().key([KEY]).time(TIME).event_id(EVENT_ID).gap(gap).id(id);
    builder.build().map_err(refused)
}

/// PostgreSQL subtracts dates by way of a cast, which can be left out for others.
pub(super) fn types(dialect: Dialect) -> Types {
    let time = is_reference(dialect).then_some(TimeType::Date);
    Types { time, key: vec![KeyType::Text], carried: vec![CARRIED.to_owned()], ..Types::default() }
}

/// Whether the dialect's text is the reference, which works with times as they are.
pub(super) fn is_reference(dialect: Dialect) -> bool {
    matches!(dialect.expressions().shape(Plan::Window), Shape::Reference)
}

/// An SQL text with Jinja in place of the gap, and of the cast by which PostgreSQL subtracts dates.
pub(super) fn gap_in_jinja(text: &str) -> String {
    text.replace(&format!("INTERVAL '{GAP_MICROSECONDS} microseconds'"), "INTERVAL '{{ d.gap_interval }}'")
        .replace(GAP_MICROSECONDS, "{{ d.gap_microseconds }}")
        .replace("::timestamp", "{{ d.time_cast }}")
}
