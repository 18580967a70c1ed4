//! Building the relations as materialized views.

use spectrum_sql::identifier;
use spectrum_sql::postgres::{sessions_query, summary_query};

use super::names::working_name;
use super::stage::{Step, StepKind};
use crate::fit::Fit;
use crate::present::Present;
use crate::relations::name_of;
use crate::role::Role;

/// Builds both, with their indexes, under the names they have until the exchange.
pub(super) fn build(fit: &Fit, present: &Present) -> Vec<Step> {
    [Role::Sessions, Role::Summary].iter().flat_map(|role| build_one(fit, present, *role)).collect()
}

fn build_one(fit: &Fit, present: &Present, role: Role) -> Vec<Step> {
    let name = name_of(&fit.deployment, role);
    let beside = working_name(fit, present, role);
    let (kind, query) = match role {
        Role::Summary => {
            let sessions = working_name(fit, present, Role::Sessions);
            (StepKind::BuildSummary, summary_query(&fit.query(), &sessions))
        }
        _ => (StepKind::BuildSessions, sessions_query(&fit.query())),
    };
    let mut steps = vec![Step::new(
        kind,
        format!("building {name}"),
        format!("CREATE MATERIALIZED VIEW {beside} AS\n{query}\nWITH DATA"),
    )];
    for (index, unique, columns) in indexes(fit, role) {
        let unique = if unique { "UNIQUE " } else { "" };
        let index = identifier(&beside.derived(index));
        steps.push(Step::new(
            StepKind::Index,
            format!("indexing {name} on ({columns})"),
            format!("CREATE {unique}INDEX {index} ON {beside} ({columns})"),
        ));
    }
    steps.push(Step::new(StepKind::Analyze, format!("analyzing {name}"), format!("ANALYZE {beside}")));
    steps
}

/// Suffix, uniqueness and columns of a relation's indexes.
pub(super) fn indexes(fit: &Fit, role: Role) -> Vec<(&'static str, bool, String)> {
    let definition = &fit.deployment.definition;
    match role {
        Role::Summary => {
            // The id is NULL for NULL keys and can be shared; key and number never are.
            let key: Vec<String> = definition.key().iter().map(|name| identifier(name)).collect();
            vec![
                ("key_seq_key", true, format!("{}, session_seq", key.join(", "))),
                ("session_id_idx", false, "session_id".into()),
                ("started_at_idx", false, "started_at".into()),
                ("ended_at_idx", false, "ended_at".into()),
            ]
        }
        _ => vec![("event_id_key", true, identifier(definition.event_id()))],
    }
}
