//! Partitions that a refresh has met, by the table in which a deployment remembers them.

/// A condition on a row `k` of that table: what is written to the partition is noted. Where it does not hold, the next
/// refresh looks at the partition as at one that it meets for the first time. A table that an older version made does not
/// have the column.
pub(crate) const IS_WATCHED: &str = "pg_catalog.to_jsonb(k) ->> 'watched' IS DISTINCT FROM 'false'";
