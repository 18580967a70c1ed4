//! Whether columns of the summary fit together, and beside what a summary has anyway.

use super::error::SummaryColumnError;
use super::{Measure, SUMMARY_BUILT_IN, SUMMARY_READABLE, SummaryColumn};
use crate::predicate::ValueKind;

/// Refuses names that stand for two columns, and conditions that read what is not there.
pub(crate) fn check(columns: &[SummaryColumn], key: &[String]) -> Result<(), SummaryColumnError> {
    for (at, column) in columns.iter().enumerate() {
        if column.name.is_empty() {
            return Err(SummaryColumnError::Unnamed);
        }
        let taken = |of| Err(SummaryColumnError::Taken { name: column.name.clone(), of });
        if SUMMARY_BUILT_IN.contains(&column.name.as_str()) {
            return taken("a column that every summary has");
        }
        if key.contains(&column.name) {
            return taken("a column of the key");
        }
        if columns[..at].iter().any(|other| other.name == column.name) {
            return taken("another summary column");
        }
        if let Measure::When(condition) = &column.measure {
            for (read, kind) in condition.columns() {
                check_read(columns, column, &read.to_string(), kind)?;
            }
        }
    }
    Ok(())
}

/// What a `when` reads.
fn check_read(
    columns: &[SummaryColumn],
    column: &SummaryColumn,
    read: &str,
    taken: Option<ValueKind>,
) -> Result<(), SummaryColumnError> {
    let name = || column.name.clone();
    let is = match columns.iter().find(|other| other.name == read) {
        Some(other) => match other.measure {
            Measure::When(_) => {
                let whose = if other.name == column.name { "itself" } else { "a when too" };
                return Err(SummaryColumnError::WhenOfWhen { name: name(), column: read.to_owned(), whose });
            }
            Measure::Count(_) | Measure::CountDistinct(_) | Measure::Sum(_) => Some(ValueKind::Number),
            Measure::Any(_) => Some(ValueKind::Boolean),
            Measure::First(_) | Measure::Last(_) | Measure::Min(_) | Measure::Max(_) => None,
        },
        None => match SUMMARY_READABLE.iter().find(|(known, _)| *known == read) {
            Some((_, kind)) => Some(*kind),
            None => {
                let built_in = SUMMARY_READABLE.iter().map(|(name, _)| *name);
                let others = columns.iter().filter(|other| !matches!(other.measure, Measure::When(_)));
                let known: Vec<&str> = built_in.chain(others.map(|other| other.name.as_str())).collect();
                let known = known.join(", ");
                return Err(SummaryColumnError::Unknown { name: name(), column: read.to_owned(), known });
            }
        },
    };
    match (taken, is) {
        (Some(taken), Some(is)) if taken != is => {
            Err(SummaryColumnError::Kind { name: name(), column: read.to_owned(), taken, is })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::{DefinitionError, SessionDefinition};

    const WHOLE: &str = r#"
        [summary.columns]
        entry_page = { first = "page" }
        exit_page = { last = "page", where = "event_type = 'page_view'", skip_null = true }
        plan = { first = "props ->> 'plan'" }
        views = { count = "event_type = 'page_view'" }
        pages = { count_distinct = "page" }
        revenue = { sum = "amount" }
        bought = { any = "event_type = 'purchase'" }
        engaged = { when = "duration_seconds >= 10 or views >= 2 or bought" }"#;

    #[test]
    fn what_is_written_is_read_in_order_and_written_again() {
        let definition = SessionDefinition::from_toml(WHOLE).unwrap();
        let again: Vec<String> = definition.summary().iter().map(ToString::to_string).collect();
        let written = format!("[summary.columns]\n{}", again.join("\n"));
        assert_eq!(SessionDefinition::from_toml(&written).unwrap(), definition);
        insta::assert_snapshot!(again.join("\n"), @r#"
        entry_page = { first = "page" }
        exit_page = { last = "page", where = "event_type = 'page_view'", skip_null = true }
        plan = { first = "props ->> 'plan'" }
        views = { count = "event_type = 'page_view'" }
        pages = { count_distinct = "page" }
        revenue = { sum = "amount" }
        bought = { any = "event_type = 'purchase'" }
        engaged = { when = "duration_seconds >= 10 or views >= 2 or bought" }
        "#);
        // No id and no session depends on it.
        assert_eq!(definition.rule(), SessionDefinition::default().rule());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        let refused = |columns: &str| {
            let error = SessionDefinition::from_toml(&format!("[summary.columns]\n{columns}")).unwrap_err();
            match error {
                DefinitionError::File(error) => error.to_string(),
                other => other.to_string(),
            }
        };
        let refusals: Vec<String> = [
            "a = {}",
            "a = { first = 'page', last = 'page' }",
            "a = { sum = '' }",
            "a = { sum = 'amount', skip_null = true }",
            "a = { when = 'events > 1', where = 'b' }",
            "a = { when = 'a' }",
            "a = { when = 'events > 1' }\nb = { when = 'a' }",
            "a = { when = 'evnts > 1' }",
            "a = { when = \"events = 'many'\" }",
            "events = { count = 'a' }",
            "user_id = { count = 'a' }",
            "'' = { count = 'a' }",
            "a = { count = 'a ==' }",
            "a = { average = 'amount' }",
        ]
        .map(refused)
        .into();
        insta::assert_snapshot!(refusals.join("\n"));
    }
}
