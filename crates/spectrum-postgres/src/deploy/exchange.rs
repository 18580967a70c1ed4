//! The SQL that makes the relations, beside old ones where there are any, and exchanges them.

use postgres::GenericClient;
use spectrum_sql::postgres::{OnDetach, capture_functions_of, sessions_query, summary_query};
use spectrum_sql::{TableName, identifier, literal};

use super::plan::Step;
use crate::capture::{Capture, capture_triggers};
use crate::catalog::{Dependent, Kind, columns_of, grants_on};
use crate::deployment::Mode;
use crate::error::Result;
use crate::fit::Fit;
use crate::present::{Present, beside, name_of};
use crate::record::{Record, Role};
use crate::refresh::refresh_log_sql;

/// Each plain view and the relation below it.
const VIEWS: [(Role, Role); 2] = [(Role::SessionsView, Role::Sessions), (Role::SummaryView, Role::Summary)];

/// The name under which a relation is built: its own where that is free.
fn working_name(fit: &Fit, present: &Present, role: Role) -> TableName {
    let name = name_of(&fit.deployment, role);
    if present.get(role).is_some() { beside(&name) } else { name }
}

/// All statements, in order.
pub(super) fn steps(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    kept: &[u32],
    dropped: &[Dependent],
    builds: bool,
) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut grants = Vec::new();
    if builds {
        let capture = Capture::find(client, &fit.deployment)?;
        steps.extend(without_capture(&capture, present));
        match fit.deployment.mode {
            Mode::View => {
                steps.extend(build(fit, present, Role::Sessions));
                steps.extend(build(fit, present, Role::Summary));
            }
            Mode::Incremental => steps.extend(build_maintained(fit, present)),
        }
        grants = exchange(client, fit, present, kept, dropped, &mut steps)?;
    } else {
        for (view, relation) in VIEWS {
            if present.get(view).is_none() {
                steps.push(plain_view(fit, view, relation, &name_of(&fit.deployment, relation), false));
            }
        }
    }
    let incremental = builds && fit.deployment.mode == Mode::Incremental;
    if incremental || present.get(Role::RefreshLog).is_none() || present.get(Role::RefreshLogView).is_none() {
        steps.push(Step {
            does: format!("making {}", fit.deployment.refresh_log()),
            sql: refresh_log_sql(&fit.deployment),
        });
    }
    if builds && fit.deployment.mode == Mode::Incremental {
        steps.push(refresh_function(fit));
    }
    steps.extend(grants.into_iter().map(|sql| Step { does: "giving back privileges".into(), sql }));
    steps.push(comments(fit));
    Ok(steps)
}

/// The plain views whose columns stay the same, so that they can be redirected and whatever reads them goes on.
pub(super) fn kept_views(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Vec<u32>> {
    let mut kept = Vec::new();
    for (view, relation) in VIEWS {
        let Some(old) = present.get(view) else { continue };
        let columns = columns_of(client, old)?;
        let columns = columns.iter().map(|column| (column.name.clone(), column.ty.clone()));
        if columns.eq(relation_columns(fit, relation)) {
            kept.push(old.oid);
        }
    }
    Ok(kept)
}

/// Builds a relation with its indexes, under the name it has until the exchange.
fn build(fit: &Fit, present: &Present, role: Role) -> Vec<Step> {
    let name = name_of(&fit.deployment, role);
    let beside = working_name(fit, present, role);
    let query = match role {
        Role::Summary => summary_query(&fit.query(), &working_name(fit, present, Role::Sessions)),
        _ => sessions_query(&fit.query()),
    };
    let mut steps = vec![Step {
        does: format!("building {name}"),
        sql: format!("CREATE MATERIALIZED VIEW {beside} AS\n{query}\nWITH DATA"),
    }];
    for (index, unique, columns) in indexes(fit, role) {
        let unique = if unique { "UNIQUE " } else { "" };
        steps.push(Step {
            does: format!("indexing {name} on ({columns})"),
            sql: format!(
                "CREATE {unique}INDEX {} ON {beside} ({columns})",
                identifier(&beside.derived(index))
            ),
        });
    }
    steps.push(Step { does: format!("analyzing {name}"), sql: format!("ANALYZE {beside}") });
    steps
}

/// What a build leaves of the triggers and notes of the deployment before.
fn without_capture(capture: &Capture, present: &Present) -> Vec<Step> {
    let capture =
        capture.removal().into_iter().map(|(what, sql)| Step { does: format!("dropping {what}"), sql });
    let notes = [
        Role::Changes,
        Role::Partitions,
        Role::KeptEvents,
        Role::BuildParts,
        Role::NewSummary,
        Role::NewSessions,
    ];
    let notes = notes.iter().filter_map(|role| present.get(*role)).map(|relation| Step {
        does: format!("dropping the old {}", relation.name),
        sql: format!("DROP TABLE {}", relation.name),
    });
    capture.chain(notes).collect()
}

/// Builds both relations as tables, watched from before they are filled.
fn build_maintained(fit: &Fit, present: &Present) -> Vec<Step> {
    let events = fit.query();
    let at = |role| working_name(fit, present, role);
    let incremental = fit.incremental_at(&events, at(Role::Sessions), at(Role::Summary));
    let sessions = fit.deployment.sessions();
    let mut steps = vec![
        Step { does: format!("making {sessions}"), sql: incremental.relations().join(";\n") },
        Step {
            does: format!("making {}", fit.deployment.changes()),
            sql: [incremental.notes(), incremental.capture_functions()].concat().join(";\n"),
        },
    ];
    steps.extend(capture_triggers(fit).into_iter().map(|(does, sql)| Step { does, sql }));
    steps.extend(incremental.remember_partitions().map(|sql| Step { does: "noting partitions".into(), sql }));
    steps.push(Step { does: format!("building {sessions}"), sql: incremental.fill(None) });
    steps.extend(incremental.indexes().into_iter().map(|index| Step {
        does: format!("indexing {} on ({})", index.table, index.columns),
        sql: index.sql,
    }));
    steps.push(Step {
        does: format!("analyzing {sessions}"),
        sql: format!("ANALYZE {}, {}", at(Role::Sessions), at(Role::Summary)),
    });
    steps
}

/// The function that refreshes, for its owner and whoever is granted it.
fn refresh_function(fit: &Fit) -> Step {
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let name = fit.deployment.refresh_function();
    let comment = |role, name: &TableName| {
        format!(
            "COMMENT ON FUNCTION {name}() IS {}",
            literal(&Record::new(&fit.deployment, role).to_string())
        )
    };
    let mut sql =
        vec![incremental.refresh_function(), format!("REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")];
    sql.push(comment(Role::RefreshFunction, &name));
    for function in capture_functions_of(&fit.deployment.changes()) {
        sql.push(comment(Role::CaptureFunction, &function));
    }
    Step { does: format!("making {name}()"), sql: sql.join(";\n") }
}

/// What the relations are.
fn kind_of(fit: &Fit) -> Kind {
    match fit.deployment.mode {
        Mode::View => Kind::MaterializedView,
        Mode::Incremental => Kind::Table,
    }
}

/// The suffixes of the names of a relation's indexes.
fn index_suffixes(fit: &Fit, role: Role) -> Vec<&'static str> {
    match fit.deployment.mode {
        Mode::View => indexes(fit, role).into_iter().map(|(suffix, ..)| suffix).collect(),
        Mode::Incremental => {
            let events = fit.query();
            let table = name_of(&fit.deployment, role);
            let indexes = fit.incremental(&events).indexes();
            indexes.into_iter().filter(|index| index.table == table).map(|index| index.suffix).collect()
        }
    }
}

/// Suffix, uniqueness and columns of a relation's indexes.
fn indexes(fit: &Fit, role: Role) -> Vec<(&'static str, bool, String)> {
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

/// Puts the new relations into the place of the old ones. Returns the privileges that the old ones had.
fn exchange(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    kept: &[u32],
    dropped: &[Dependent],
    steps: &mut Vec<Step>,
) -> Result<Vec<String>> {
    let mut grants = Vec::new();
    let relations = [Role::Sessions, Role::Summary];
    for role in relations {
        if let Some(old) = present.get(role) {
            grants.extend(grants_on(client, old.oid, &old.name)?);
        }
    }
    // Those that read others of them go first.
    for dependent in dropped.iter().rev() {
        steps.push(Step {
            does: format!("dropping {}, which reads a relation that is exchanged", dependent.name),
            sql: format!("DROP {} {}", dependent.kind.sql(), dependent.name),
        });
    }
    for (view, relation) in VIEWS {
        let new = working_name(fit, present, relation);
        let old = present.get(view);
        let replaces = old.is_some_and(|old| kept.contains(&old.oid));
        if let Some(old) = old.filter(|_| !replaces) {
            grants.extend(grants_on(client, old.oid, &old.name)?);
            steps.push(Step {
                does: format!("dropping {}, whose columns change", old.name),
                sql: format!("DROP VIEW {}", old.name),
            });
        }
        steps.push(plain_view(fit, view, relation, &new, replaces));
    }
    for role in relations.into_iter().rev() {
        if let Some(old) = present.get(role) {
            steps.push(Step {
                does: format!("dropping the old {}", old.name),
                sql: format!("DROP {} {}", old.kind.sql(), old.name),
            });
        }
    }
    for role in relations {
        let (name, beside) = (name_of(&fit.deployment, role), working_name(fit, present, role));
        if name == beside {
            continue;
        }
        let kind = kind_of(fit).sql();
        let mut sql = format!("ALTER {kind} {beside} RENAME TO {}", identifier(name.name()));
        for index in index_suffixes(fit, role) {
            sql.push_str(&format!(
                ";\nALTER INDEX {} RENAME TO {}",
                name.beside(beside.derived(index)),
                identifier(&name.derived(index))
            ));
        }
        steps.push(Step { does: format!("naming {name}"), sql });
    }
    Ok(grants)
}

/// The columns that a relation will have, with their types.
fn relation_columns(fit: &Fit, role: Role) -> Vec<(String, String)> {
    let definition = &fit.deployment.definition;
    let of = |name: &str| (name.to_owned(), fit.column(name).map(|c| c.ty.clone()).unwrap_or_default());
    let key = definition.key().iter().map(|name| of(name));
    let own = |name: &str, ty: &str| (name.to_owned(), ty.to_owned());
    let typed = |name: &str, of: &str| own(name, &fit.column(of).map(|c| c.ty.clone()).unwrap_or_default());
    match role {
        Role::Summary => {
            let (time, event_id) = (definition.time(), definition.event_id());
            [own("session_id", "text")]
                .into_iter()
                .chain(key)
                .chain([
                    own("session_seq", "bigint"),
                    typed("started_at", time),
                    typed("ended_at", time),
                    own("duration", "interval"),
                    own("events", "bigint"),
                    typed("first_event_id", event_id),
                    typed("last_event_id", event_id),
                ])
                .collect()
        }
        _ => key
            .chain([of(definition.time()), of(definition.event_id())])
            .chain(fit.deployment.carried.iter().map(|name| of(name)))
            .chain([own("session_id", "text")])
            .collect(),
    }
}

/// A plain view with the columns of the relation below it.
fn plain_view(fit: &Fit, view: Role, relation: Role, below: &TableName, replaces: bool) -> Step {
    let name = name_of(&fit.deployment, view);
    let columns: Vec<String> =
        relation_columns(fit, relation).iter().map(|(column, _)| identifier(column)).collect();
    let or_replace = if replaces { "OR REPLACE " } else { "" };
    Step {
        does: format!("making {name}"),
        sql: format!("CREATE {or_replace}VIEW {name} AS\nSELECT {}\nFROM {below}", columns.join(", ")),
    }
}

/// Signs everything.
fn comments(fit: &Fit) -> Step {
    let deployment = &fit.deployment;
    let comment = |role, kind: &str| {
        let record = literal(&Record::new(deployment, role).to_string());
        format!("COMMENT ON {kind} {} IS {record}", name_of(deployment, role))
    };
    let kind = kind_of(fit).sql();
    let mut all = vec![
        comment(Role::Sessions, kind),
        comment(Role::Summary, kind),
        comment(Role::SessionsView, Kind::View.sql()),
        comment(Role::SummaryView, Kind::View.sql()),
        comment(Role::RefreshLog, Kind::Table.sql()),
        comment(Role::RefreshLogView, Kind::View.sql()),
    ];
    if deployment.mode == Mode::Incremental {
        let has_partitions = fit.incremental(&fit.query()).remember_partitions().is_some();
        let keeps = has_partitions && deployment.on_detach == OnDetach::Keep;
        let roles = [(Role::Changes, true), (Role::Partitions, has_partitions), (Role::KeptEvents, keeps)];
        all.extend(roles.iter().filter(|(_, is_there)| *is_there).map(|(role, _)| comment(*role, "TABLE")));
    }
    Step { does: "writing down the definition".into(), sql: all.join(";\n") }
}
