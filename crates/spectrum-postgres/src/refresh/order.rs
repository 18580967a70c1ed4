//! The order of a run: a view comes after everything it reads.

use std::collections::{HashMap, HashSet};

use postgres::Client;
use spectrum_sql::TableName;

use super::views::Chosen;
use crate::catalog::Relation;
use crate::error::{Result, While};

/// A materialized view of a run, or one of the tables that are maintained in its place.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) oid: u32,
    pub(super) name: TableName,
    pub(super) how: How,
    /// Every relation that it reads, itself or through other views.
    pub(super) sources: HashSet<u32>,
}

/// What makes it fresh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// REFRESH MATERIALIZED VIEW.
    Refresh,
    /// The deployment's own function.
    Function,
    /// The function too, in the same transaction as what it reads.
    Along,
}

/// The views, each after those it reads, otherwise in the order in which they come. Maintained tables are first: the
/// function that refreshes them numbers its run by the latest in the log.
///
/// The catalog knows what a view's query names, at any depth and through plain views. It does not know what
/// functions in the query read (PostgreSQL's manual, "Dependency Tracking").
pub(super) fn ordered(client: &mut Client, chosen: &Chosen) -> Result<Vec<View>> {
    let maintained = chosen.maintained.as_ref();
    let (sessions, summary) = (
        maintained.map(|it| it.sessions.oid),
        maintained.and_then(|it| it.summary.as_ref()).map(|it| it.oid),
    );
    let oids: Vec<u32> = chosen.views.iter().map(|view| view.oid).collect();
    let rows = client
        .query(
            "WITH RECURSIVE reads(view, source) AS (
               SELECT r.ev_class, d.refobjid
               FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.objid = r.oid
               WHERE r.ev_class = ANY($1) AND r.ev_type = '1' AND d.refobjid <> r.ev_class
                 AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
               UNION
               SELECT reads.view, d.refobjid
               FROM reads
               JOIN pg_catalog.pg_rewrite r ON r.ev_class = reads.source AND r.ev_type = '1'
               JOIN pg_catalog.pg_depend d ON d.objid = r.oid
               WHERE d.refobjid <> r.ev_class
                 AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass)
             SELECT view, source FROM reads",
            &[&oids],
        )
        .while_doing("reading what the views depend on")?;
    let mut sources: HashMap<u32, HashSet<u32>> = HashMap::new();
    for row in rows {
        sources.entry(row.get(0)).or_default().insert(row.get(1));
    }
    let view = |relation: &Relation| {
        let oid = Some(relation.oid);
        let how = match oid {
            _ if oid == sessions => How::Function,
            _ if oid == summary => How::Along,
            _ => How::Refresh,
        };
        let mut sources = sources.remove(&relation.oid).unwrap_or_default();
        // What the catalog knows of views, nothing says of tables: the summary follows the sessions.
        if how == How::Along || summary.is_some_and(|summary| sources.contains(&summary)) {
            sources.extend(sessions);
        }
        View { oid: relation.oid, name: relation.name.clone(), how, sources }
    };
    let mut views: Vec<View> = chosen.views.iter().map(view).collect();
    views.sort_by_key(|view| view.how == How::Refresh);
    Ok(sorted(views))
}

/// Takes the first view that reads none of those that are left, again and again.
fn sorted(mut left: Vec<View>) -> Vec<View> {
    let mut sorted = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |view: &View| !left.iter().any(|other| view.sources.contains(&other.oid));
        // PostgreSQL lets no views read each other in a circle. Should it ever, the first is as good as any.
        let next = left.iter().position(is_free).unwrap_or(0);
        sorted.push(left.remove(next));
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(views: &[(u32, &[u32])]) -> Vec<u32> {
        let view = |(oid, sources): &(u32, &[u32])| View {
            oid: *oid,
            name: TableName::new("s", oid.to_string()).unwrap(),
            how: How::Refresh,
            sources: sources.iter().copied().collect(),
        };
        sorted(views.iter().map(view).collect()).into_iter().map(|view| view.oid).collect()
    }

    #[test]
    fn what_is_read_comes_first_and_the_rest_stays() {
        assert_eq!(order(&[(3, &[2, 1]), (2, &[1]), (1, &[]), (9, &[77]), (4, &[])]), [1, 2, 3, 9, 4]);
    }

    #[test]
    fn a_circle_is_no_trap() {
        assert_eq!(order(&[(1, &[2]), (2, &[1]), (3, &[])]), [3, 1, 2]);
    }
}
