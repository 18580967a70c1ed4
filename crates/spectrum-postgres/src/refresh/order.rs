//! The order of a run: a view comes after everything it reads.

use std::collections::{HashMap, HashSet};

use postgres::Client;
use spectrum_sql::TableName;

use crate::catalog::Relation;
use crate::error::{Result, While};

/// A materialized view of a run.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) oid: u32,
    pub(super) name: TableName,
    /// Every relation that it reads, itself or through other views.
    pub(super) sources: HashSet<u32>,
}

/// The views, each after those it reads, otherwise in the order in which they come.
///
/// The catalog knows what a view's query names, at any depth and through plain views. What a function that the query
/// calls reads is hidden from it (PostgreSQL's manual, "Dependency Tracking").
pub(super) fn ordered(client: &mut Client, views: Vec<Relation>) -> Result<Vec<View>> {
    let oids: Vec<u32> = views.iter().map(|view| view.oid).collect();
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
    let view = |relation: Relation| View {
        sources: sources.remove(&relation.oid).unwrap_or_default(),
        oid: relation.oid,
        name: relation.name,
    };
    Ok(sorted(views.into_iter().map(view).collect()))
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
