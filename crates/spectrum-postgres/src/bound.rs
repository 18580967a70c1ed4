//! What the things that Spectrum made are bound to: a view keeps the functions and operators that it found when it was
//! made, and a function looks names up by the path it was made with.
//!
//! Everything of ours needs what `pg_catalog` has and nothing else. An object that is bound to something else
//! was made by a version that did not pin its search path, where somebody could put a function in the way of
//! a name, or it was made by hand.

use postgres::GenericClient;
use spectrum_sql::TableName;

use crate::error::{Result, While};
use crate::present::Present;
use crate::triggers::Triggers;

/// A relation or a function, and what it is bound to, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Binding {
    pub(crate) of: TableName,
    pub(crate) to: String,
}

impl std::fmt::Display for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.of, self.to)
    }
}

/// All that is bound to what is not PostgreSQL's own. Extensions are trusted: their objects are made by who installs them,
/// and the operators of `citext` belong into views of such keys.
pub(crate) fn foreign_bindings(
    client: &mut impl GenericClient,
    present: &Present,
    triggers: &Triggers,
) -> Result<Vec<Binding>> {
    let oids: Vec<u32> = present.iter().map(|(_, relation)| relation.oid).collect();
    // Rules of views, defaults, constraints and indexes. Pinned objects, which all of pg_catalog's are, have
    // no entry.
    let rows = client
        .query(
            "WITH parts (classid, objid, relation) AS (
               SELECT 'pg_rewrite'::regclass, oid, ev_class FROM pg_catalog.pg_rewrite WHERE ev_class = ANY($1)
               UNION ALL
               SELECT 'pg_attrdef'::regclass, oid, adrelid FROM pg_catalog.pg_attrdef WHERE adrelid = ANY($1)
               UNION ALL
               SELECT 'pg_constraint'::regclass, oid, conrelid FROM pg_catalog.pg_constraint WHERE conrelid = ANY($1)
               UNION ALL
               SELECT 'pg_class'::regclass, indexrelid, indrelid FROM pg_catalog.pg_index WHERE indrelid = ANY($1))
             SELECT DISTINCT p.relation, pg_describe_object(d.refclassid, d.refobjid, 0)
             FROM parts p JOIN pg_catalog.pg_depend d ON d.classid = p.classid AND d.objid = p.objid
             WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass,
                                    'pg_cast'::regclass, 'pg_opclass'::regclass)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                               WHERE e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e')
             ORDER BY 1, 2",
            &[&oids],
        )
        .while_doing("looking at what the relations are bound to")?;
    let name =
        |oid: u32| present.iter().find(|(_, found)| found.oid == oid).map(|(_, found)| found.name.clone());
    let relations = rows.iter().filter_map(|row| {
        Some(Binding { of: name(row.get(0))?, to: format!("uses {}", row.get::<_, &str>(1)) })
    });
    let functions = triggers.standing.iter().filter_map(|function| {
        let path = function.config.iter().find_map(|set| set.strip_prefix("search_path="))?;
        let other =
            path.split(',').map(str::trim).find(|schema| !["pg_catalog", "pg_temp"].contains(schema))?;
        let to = format!("looks names up in schema {other}");
        Some(Binding { of: function.name.clone(), to })
    });
    Ok(relations.chain(functions).collect())
}
