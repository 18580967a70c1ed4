//! Steps of a query: what stands behind WITH.

/// A query that begins with WITH, with a step before its others.
pub(super) fn led_by(step: &str, read: &str, query: &str) -> String {
    let rest = query.strip_prefix("WITH ").unwrap_or(query);
    format!("WITH {step} AS (\n{read}),\n{rest}")
}
