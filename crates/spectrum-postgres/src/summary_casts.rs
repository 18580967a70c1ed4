//! Whether the columns that the summary's own columns read are there, and can be added up or compared.

use spectrum_core::{EventColumn, Measure, SessionDefinition, SummaryColumn};

use crate::catalog::{Column, Relation, or_near};
use crate::message::Message;

/// What values have to be cast to before a column of the summary adds them up or compares them. What conditions need goes
/// to `casts`, and problems go to `problems`, each with the column of the summary.
pub(crate) fn summary_casts(
    definition: &SessionDefinition,
    events: &Relation,
    columns: &[Column],
    casts: &mut Vec<(String, String)>,
    problems: &mut Vec<Message>,
) -> Vec<(String, String)> {
    let mut summing: Vec<(String, String)> = Vec::new();
    for told in definition.summary() {
        let of = |name: &str| format!("column '{name}' of summary column '{}'", told.name);
        for (read, kind) in told.reads() {
            let Some(column) = columns.iter().find(|column| column.name == read.name) else {
                let near = or_near(&read.name, columns.iter().map(|column| column.name.as_str()));
                problems.push(format!("{} is not in {}{near}", of(&read.name), events.name).into());
                continue;
            };
            let kind = if read.member.is_some() { Some(spectrum_core::ValueKind::Json) } else { kind };
            let is_summed = told.measure.column() == Some(read);
            let cast = match is_summed && read.member.is_none() {
                true => column.as_told(&told.measure),
                false => column.as_read(kind, false).map(|cast| cast.map(str::to_owned)),
            };
            let (into, name) = if is_summed { (&mut summing, &told.name) } else { (&mut *casts, &read.name) };
            match cast {
                Ok(Some(cast)) if !into.iter().any(|(known, _)| known == name) => {
                    into.push((name.clone(), cast))
                }
                Ok(_) => {}
                Err(why) => problems.push(format!("{} is {why}", of(&read.name)).into()),
            }
        }
        problems.extend(member_problem(told).map(Message::from));
    }
    summing
}

/// A member of JSON is a text, which cannot be added up.
fn member_problem(told: &SummaryColumn) -> Option<String> {
    match &told.measure {
        Measure::Sum(EventColumn { name, member: Some(_) }) => Some(format!(
            "member of '{name}' of summary column '{}' is a text, which cannot be added up: make a column of the number in a view \
             over the events",
            told.name
        )),
        _ => None,
    }
}
