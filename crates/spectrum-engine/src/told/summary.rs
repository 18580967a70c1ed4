//! The columns in the order of the definition, conditions on the others among them.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow_schema::{DataType, Field};
use spectrum_core::internals::truths;
use spectrum_core::{EventColumn, Measure, SessionDefinition, UsedBy};

use super::Told;
use crate::error::{Result, RuleError};
use crate::labelled::Labelled;
use crate::sessions_table::seconds_between;

/// Adds the conditions to what was measured.
pub(crate) fn with_conditions(
    definition: &SessionDefinition,
    measured: Vec<(Field, ArrayRef)>,
    labelled: &Labelled,
) -> Result<Told> {
    let mut columns = Vec::new();
    let mut next = measured.clone().into_iter();
    for told in definition.summary() {
        match &told.measure {
            Measure::When(predicate) => {
                let (names, read) = readable(&measured, labelled);
                let known = truths(predicate, &names, &read, labelled.resolution.sessions.len());
                let known = known.map_err(|what| RuleError::Value {
                    place: format!("summary column '{}'", told.name),
                    what: Box::new(what.by(UsedBy::Itself)),
                })?;
                let array: ArrayRef = Arc::new(known.into_iter().collect::<BooleanArray>());
                columns.push((Field::new(&told.name, DataType::Boolean, true), array));
            }
            _ => columns.extend(next.next()),
        }
    }
    Ok(Told { columns })
}

/// What a condition on the summary can read.
fn readable(measured: &[(Field, ArrayRef)], labelled: &Labelled) -> (Vec<EventColumn>, Vec<ArrayRef>) {
    let sessions = &labelled.resolution.sessions;
    let seconds =
        sessions.all().map(|s| seconds_between(sessions.start(s), sessions.end(s), sessions.unit()));
    let events = sessions.all().map(|session| sessions.events(session) as i64);
    let reasons = sessions.all().map(|session| sessions.started_by(session).name());
    let built_in: [(&str, ArrayRef); 3] = [
        ("duration_seconds", Arc::new(Float64Array::from_iter_values(seconds))),
        ("events", Arc::new(Int64Array::from_iter_values(events))),
        ("started_by", Arc::new(StringArray::from_iter_values(reasons))),
    ];
    let own = measured.iter().map(|(field, array)| (field.name().as_str(), Arc::clone(array)));
    built_in.into_iter().chain(own).map(|(name, array)| (EventColumn::whole(name), array)).unzip()
}
