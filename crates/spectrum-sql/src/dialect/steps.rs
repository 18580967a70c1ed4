//! Steps of a query: what stands behind WITH.

/// A query that begins with WITH, with a step before its others.
pub(super) fn led_by(step: &str, read: &str, query: &str) -> String {
    match query.strip_prefix("WITH ") {
        Some(rest) => format!("WITH {step} AS (\n{read}),\n{rest}"),
        None => format!("WITH {step} AS (\n{read})\n{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The summary under rules beyond the gap is one query without steps.
    #[test]
    fn what_follows_a_step_is_another_or_the_query() {
        assert_eq!(
            led_by("a", "SELECT 1", "WITH b AS (SELECT 2)\nSELECT 3"),
            "WITH a AS (\nSELECT 1),\nb AS (SELECT 2)\nSELECT 3"
        );
        assert_eq!(led_by("a", "SELECT 1", "SELECT 3"), "WITH a AS (\nSELECT 1)\nSELECT 3");
    }
}
