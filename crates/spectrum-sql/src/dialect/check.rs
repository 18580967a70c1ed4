//! What is refused before any SQL is written.

use spectrum_core::{IdScheme, RuleKind, SessionDefinition, SplitAt, SplitOnNull};

use super::expressions::Shape;
use super::plan::Plan;
use super::relation::Relation;
use super::summary_columns;
use super::types::{KeyType, TimeType, Types};
use super::{Dialect, Unsupported};
use crate::postgres::{SUMMARY_COLUMNS, ruled_columns};

/// Refuses columns and types that have no place in the dialect's relation.
pub(super) fn columns(
    dialect: Dialect,
    definition: &SessionDefinition,
    types: &Types,
    relation: Relation,
) -> Result<(), Unsupported> {
    let syntax = dialect.expressions();
    plan(dialect, types.plan)?;
    id(dialect, definition.id())?;
    if relation == Relation::Summary {
        summary_columns::check(dialect, definition, types)?;
    }
    rules(dialect, definition, types)?;
    let named = [definition.time(), definition.event_id()];
    let carried = types.carried.iter().map(String::as_str);
    let key = definition.key().iter().map(String::as_str);
    let all: Vec<&str> = key.clone().chain(named).chain(carried).collect();
    for (at, column) in all.iter().enumerate() {
        once(dialect, &all[..at], column)?;
        syntax.check_column(column)?;
    }
    for read in definition.rule().columns() {
        let column = read.column.name.as_str();
        if !all.contains(&column) {
            // It does not go along, but where names do not differ by case it could be taken for one that does.
            once(dialect, &all, column)?;
        }
        syntax.check_column(column)?;
    }
    let mut added = vec!["session_id"];
    added.extend(types.numbered.then_some("session_seq"));
    added.extend(ruled_columns(definition).iter().map(|(name, _)| *name));
    for column in &all {
        free(dialect, &added, column)?;
    }
    if relation == Relation::Summary {
        for column in key.clone() {
            free(dialect, &SUMMARY_COLUMNS, column)?;
        }
        let told: Vec<&str> = definition.summary().iter().map(|told| told.name.as_str()).collect();
        let beside: Vec<&str> =
            key.chain(["session_id", "started_by", "duration_seconds"]).chain(SUMMARY_COLUMNS).collect();
        for (at, column) in told.iter().enumerate() {
            once(dialect, &beside, column)?;
            once(dialect, &told[..at], column)?;
        }
    }
    key_types(dialect, definition, types)?;
    // Asked for the sake of its refusal.
    syntax.number("", types.time.unwrap_or(syntax.usual_time())).map(drop)
}

/// A query sees the events alone.
fn id(dialect: Dialect, scheme: IdScheme) -> Result<(), Unsupported> {
    match scheme.needs_memory() {
        false => Ok(()),
        true => Err(Unsupported::new(
            dialect,
            format!("ids of the scheme {scheme}, which depend on what was there before"),
            "take start, whose ids are the same until an earlier event joins a session",
        )),
    }
}

/// The windows are right everywhere; other plans are written where they gain something.
fn plan(dialect: Dialect, plan: Plan) -> Result<(), Unsupported> {
    match plan {
        Plan::Merge if !matches!(dialect.expressions().shape(plan), Shape::Merge(_)) => {
            Err(Unsupported::new(dialect, "plan merge, which is written for Spark alone", "take plan window"))
        }
        Plan::Window | Plan::Merge => Ok(()),
    }
}

/// Windows know what neighbouring moments say, and no more; the rest is for engines that follow lists.
fn rules(dialect: Dialect, definition: &SessionDefinition, types: &Types) -> Result<(), Unsupported> {
    let (rule, syntax) = (definition.rule(), dialect.expressions());
    let is_reference = matches!(syntax.shape(types.plan), Shape::Reference);
    // PostgreSQL's own take times for instants unless something else is said.
    let time = types.time.or((!is_reference).then(|| syntax.usual_time()));
    if let Some(zone) = rule.split_at().and_then(SplitAt::zone)
        && !matches!(time, Some(TimeType::TimestampTz(_) | TimeType::Epoch(_)))
    {
        return Err(Unsupported::new(
            dialect,
            format!("the zone {zone} of split_at for times without a zone"),
            "take timezone out, or say that the time is timestamptz",
        ));
    }
    if is_reference {
        return Ok(());
    }
    if rule.kind() == RuleKind::Sequential && syntax.folding().is_none() {
        let several = || rule.split_on().len() > 1 && rule.split_on_null() == SplitOnNull::Keep;
        let rule = match (rule.max_duration(), rule.max_events()) {
            (Some(_), _) => "the rule max_duration",
            (None, Some(_)) => "the rule max_events",
            (None, None) if several() => "the rule split_on with several columns",
            (None, None) => "the rule",
        };
        return Err(Unsupported::new(
            dialect,
            format!("{rule}, for which it matters where a session began"),
            "take it out, or run on files or in PostgreSQL, DuckDB, ClickHouse or Spark, where every rule is known",
        ));
    }
    if let (Some(setting), Plan::Merge) = (rule.beyond_the_gap().next(), types.plan) {
        return Err(Unsupported::new(
            dialect,
            format!("the rule {setting} by plan merge"),
            "take plan window",
        ));
    }
    syntax.check_rule(rule)
}

/// A relation has every column once.
fn once(dialect: Dialect, before: &[&str], column: &str) -> Result<(), Unsupported> {
    let ignores_case = dialect.expressions().ignores_case();
    for other in before {
        if other == &column {
            let feature = format!("column '{column}' twice in a relation");
            let remedy = "name each column once among key, time, event id and the columns that go along";
            return Err(Unsupported::new(dialect, feature, remedy));
        }
        if ignores_case && other.to_lowercase() == column.to_lowercase() {
            let feature = format!("columns '{other}' and '{column}' as two");
            let remedy = "its names do not differ by case, so rename one where the events are read";
            return Err(Unsupported::new(dialect, feature, remedy));
        }
    }
    Ok(())
}

/// Names that the relation needs for itself.
fn free(dialect: Dialect, added: &[&str], column: &str) -> Result<(), Unsupported> {
    match added.iter().find(|name| name.eq_ignore_ascii_case(column)) {
        None => Ok(()),
        Some(name) => Err(Unsupported::new(
            dialect,
            format!("column '{column}' beside the '{name}' that is added"),
            "rename it where the events are read",
        )),
    }
}

/// Types whose text is not PostgreSQL's.
fn key_types(dialect: Dialect, definition: &SessionDefinition, types: &Types) -> Result<(), Unsupported> {
    if types.key.len() > definition.key().len() {
        let feature = format!("{} key types for {} key columns", types.key.len(), definition.key().len());
        return Err(Unsupported::new(dialect, feature, "give one a key column, in their order"));
    }
    for (column, ty) in definition.key().iter().zip(&types.key) {
        let refused = |ty: &str, remedy: &str| {
            let feature = format!("key column '{column}' of type {ty} with PostgreSQL's text");
            Err(Unsupported::new(dialect, feature, remedy))
        };
        match ty {
            _ if dialect.expressions().has_all_key_types() => {}
            KeyType::Other(ty) => {
                refused(
                    ty,
                    "every engine writes it in its own way, so make it text, integer, boolean or uuid",
                )?;
            }
            KeyType::CaseInsensitive => {
                refused("citext", "it has no such type, so make a column of the lower-case text the key")?;
            }
            KeyType::Text | KeyType::Integer | KeyType::Boolean | KeyType::Uuid => {}
        }
    }
    Ok(())
}
