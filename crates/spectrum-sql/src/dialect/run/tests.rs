//! What the statements look like; that engines agree is shown by running them (`spectrum-cli/tests`).

use super::*;
use spectrum_core::SessionDefinition;

#[test]
fn a_default_definition_can_be_said() {
    let definition = SessionDefinition::default();
    let columns = ["event_id", "user_id", "account_id", "occurred_at"].map(str::to_owned);
    let query = RunQuery {
        dialect: Dialect::Spark,
        definition: &definition,
        columns: &columns,
        types: Types::default(),
        time_text: None,
    };
    assert!(query.sessions().is_ok());
}
