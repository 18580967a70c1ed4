//! Steps of a query: what stands behind WITH.

/// A query that begins with WITH, with a step before its others.
pub(super) fn led_by(step: &str, read: &str, query: &str) -> String {
    match query.strip_prefix("WITH ") {
        Some(rest) => format!("WITH {step} AS (\n{read}),\n{rest}"),
        None => format!("WITH {step} AS (\n{read})\n{query}"),
    }
}
