//! Whether the columns that a rule reads are there, and have what it takes them to have.

use spectrum_core::{RuleColumn, SessionRule, ValueKind};

use crate::catalog::{Column, Relation, or_near};
use crate::message::Message;

/// What every column that the rule reads has to be cast to, by its name; others are compared as they are.
///
/// Problems go to `problems`, each with the settings that read the column.
pub(crate) fn casts(
    rule: &SessionRule,
    events: &Relation,
    columns: &[Column],
    problems: &mut Vec<Message>,
) -> Vec<(String, String)> {
    let mut casts: Vec<(String, String)> = Vec::new();
    for read in rule.columns() {
        let name = &read.column.name;
        let settings = settings(rule, read);
        let Some(column) = columns.iter().find(|column| column.name == *name) else {
            let has: Vec<String> =
                columns.iter().map(|column| format!("{} {}", column.name, column.ty)).collect();
            let near = or_near(name, columns.iter().map(|column| column.name.as_str()));
            let words = format!(
                "column '{name}' of {settings} is not in {}{near} (it has: {})",
                events.name,
                has.join(", ")
            );
            problems.push(words.into());
            continue;
        };
        let kind = if read.column.member.is_some() { Some(ValueKind::Json) } else { read.kind };
        match column.as_read(kind, read.splits) {
            Ok(Some(cast)) if !casts.iter().any(|(known, _)| known == name) => {
                casts.push((name.clone(), cast.to_owned()));
            }
            Ok(_) => {}
            Err(why) => problems.push(format!("column '{name}' of {settings} is {why}").into()),
        }
    }
    casts
}

/// The settings that read a column, as in `start_when and split_on`.
fn settings(rule: &SessionRule, read: &RuleColumn) -> String {
    let mut settings: Vec<&str> = Vec::new();
    for (setting, condition) in rule.conditions() {
        if condition.columns().any(|(column, _)| *column == read.column) && !settings.contains(&setting) {
            settings.push(setting);
        }
    }
    settings.extend(read.splits.then_some("split_on"));
    settings.join(" and ")
}
