//! Finding a key's rows by an index, NULLs included.

use super::Incremental;
use crate::quote::identifier;

/// Up to so many key columns, every way in which they can be NULL gets a branch of its own.
const MOST_BRANCHED: usize = 3;

impl Incremental<'_> {
    /// Conditions of which exactly one holds for rows of the same key in `a` and `b`.
    ///
    /// `IS NOT DISTINCT FROM` would be one condition, but no index serves it. `=` and `IS NULL` are served, so each way
    /// in which columns can be NULL is a condition; with many key columns, keys with a NULL share one that is slow.
    pub(super) fn matches(&self, a: &str, b: &str) -> Vec<String> {
        let key = self.events.key_equality();
        let equal = |(name, is): &(String, String)| format!("{a}.{name} {is} {b}.{name}");
        let both_null = |name: &String| format!("{a}.{name} IS NULL AND {b}.{name} IS NULL");
        if key.len() <= MOST_BRANCHED {
            let branch = |nulls: usize| {
                let column = |(at, column): (usize, &(String, String))| match nulls >> at & 1 {
                    1 => both_null(&column.0),
                    _ => equal(column),
                };
                key.iter().enumerate().map(column).collect::<Vec<_>>().join(" AND ")
            };
            return (0..1_usize << key.len()).map(branch).collect();
        }
        let some_null: Vec<String> = key.iter().map(|(name, _)| format!("{b}.{name} IS NULL")).collect();
        vec![
            key.iter().map(equal).collect::<Vec<_>>().join(" AND "),
            format!("({}) AND {}", some_null.join(" OR "), self.same_key(a, b)),
        ]
    }

    /// A condition that holds for rows of the same key when no column of it is NULL.
    pub(super) fn equal(&self, a: &str, b: &str) -> String {
        let key = self.events.key_equality();
        let equal: Vec<String> = key.iter().map(|(name, is)| format!("{a}.{name} {is} {b}.{name}")).collect();
        equal.join(" AND ")
    }

    /// Whether a column of the key is NULL.
    pub(super) fn some_null(&self) -> String {
        let key = self.events.definition.key().iter().map(|name| identifier(name));
        key.map(|name| format!("{name} IS NULL")).collect::<Vec<_>>().join(" OR ")
    }

    /// The rows that `select` gives: with `nulls` as [`Self::branches`], otherwise for keys without a NULL alone, which
    /// spares the planner three of four branches. `OFFSET 0` keeps it from joining tables as a whole: `b` has few rows.
    pub(super) fn rows(&self, nulls: bool, a: &str, b: &str, select: impl Fn(&str) -> String) -> String {
        match nulls {
            true => self.branches(a, b, select),
            false => format!("{} OFFSET 0", select(&self.equal(a, b))),
        }
    }

    /// A condition that holds for rows of the same key, and that no index serves.
    pub(super) fn same_key(&self, a: &str, b: &str) -> String {
        let key = self.events.key_equality();
        let same = key.iter().map(|(name, is)| match is.as_str() {
            "=" => format!("{a}.{name} IS NOT DISTINCT FROM {b}.{name}"),
            // Which operator IS DISTINCT takes cannot be said.
            is => format!("({a}.{name} {is} {b}.{name} OR {a}.{name} IS NULL AND {b}.{name} IS NULL)"),
        });
        same.collect::<Vec<_>>().join(" AND ")
    }

    /// The rows that `select` gives for each condition; it is handed one condition at a time.
    pub(super) fn branches(&self, a: &str, b: &str, select: impl Fn(&str) -> String) -> String {
        let branches: Vec<String> =
            self.matches(a, b).iter().map(|condition| format!("({})", select(condition))).collect();
        branches.join("\n      UNION ALL\n      ")
    }
}
