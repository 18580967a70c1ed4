//! The plain views over the two relations, which outlive an exchange where their columns stay the same.

use postgres::GenericClient;
use spectrum_core::{EventColumn, Measure, SummaryColumn};
use spectrum_sql::postgres::ruled_columns;
use spectrum_sql::{TableName, identifier};

use super::stage::{Step, StepKind};
use crate::catalog::columns_of;
use crate::error::Result;
use crate::fit::Fit;
use crate::present::Present;
use crate::relations::name_of;
use crate::role::Role;

/// Each plain view and the relation below it.
pub(super) const VIEWS: [(Role, Role); 2] =
    [(Role::SessionsView, Role::Sessions), (Role::SummaryView, Role::Summary)];

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

/// A plain view with the columns of the relation below it.
pub(super) fn plain_view(fit: &Fit, view: Role, relation: Role, below: &TableName, replaces: bool) -> Step {
    let name = name_of(&fit.deployment, view);
    let columns = columns_as_sql(fit, relation);
    let or_replace = if replaces { "OR REPLACE " } else { "" };
    Step::new(
        StepKind::Make,
        format!("making {name}"),
        format!("CREATE {or_replace}VIEW {name} AS\nSELECT {columns}\nFROM {below}"),
    )
}

/// The columns that a relation will have, as a list.
pub(super) fn columns_as_sql(fit: &Fit, relation: Role) -> String {
    let columns = relation_columns(fit, relation);
    let columns: Vec<String> = columns.iter().map(|(column, _)| identifier(column)).collect();
    columns.join(", ")
}

/// The columns that a relation will have, with their types.
pub(super) fn relation_columns(fit: &Fit, role: Role) -> Vec<(String, String)> {
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
                .chain((!definition.is_plain()).then(|| own("started_by", "text")))
                .chain(definition.summary().iter().map(|told| own(&told.name, &told_type(fit, told))))
                .collect()
        }
        _ => key
            .chain([of(definition.time()), of(definition.event_id())])
            .chain(fit.deployment.carried.iter().map(|name| of(name)))
            .chain([own("session_id", "text")])
            .chain(ruled_columns(definition).iter().map(|(name, ty)| own(name, ty)))
            .collect(),
    }
}

/// The type of a column that the summary tells.
fn told_type(fit: &Fit, told: &SummaryColumn) -> String {
    let of = |name: &str| fit.column(name).map(|column| column.ty.clone()).unwrap_or_default();
    match &told.measure {
        Measure::Count(_) | Measure::CountDistinct(_) => "bigint".to_owned(),
        Measure::Any(_) | Measure::When(_) => "boolean".to_owned(),
        measure => match measure.column() {
            Some(EventColumn { member: Some(_), .. }) | None => "text".to_owned(),
            Some(EventColumn { name, .. }) => match (measure, fit.told_as(&told.name)) {
                (Measure::First(_) | Measure::Last(_), _) => of(name),
                (_, Some("NUMERIC" | "TRIM_SCALE({})")) => "numeric".to_owned(),
                (_, Some("FLOAT8" | "({} + 0)::FLOAT8")) => "double precision".to_owned(),
                (_, Some("JUSTIFY_INTERVAL({})")) => "interval".to_owned(),
                (_, Some(_)) => "text".to_owned(),
                (_, None) if of(name).starts_with("numeric") => "numeric".to_owned(),
                (_, None) => of(name),
            },
        },
    }
}
