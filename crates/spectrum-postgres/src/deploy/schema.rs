//! The schema of all relations.

use postgres::GenericClient;
use spectrum_sql::{identifier, literal};

use super::stage::{Step, StepKind};
use crate::catalog::schema_comment;
use crate::error::Result;
use crate::fit::Fit;
use crate::record::Record;
use crate::role::Role;

/// Makes the schema where there is none.
pub(super) fn schema(client: &mut impl GenericClient, fit: &Fit) -> Result<Option<Step>> {
    let schema = &fit.deployment.names.schema;
    if schema_comment(client, schema)?.is_some() {
        return Ok(None);
    }
    let comment = literal(&Record::new(&fit.deployment, Role::Schema).to_string());
    let name = identifier(schema);
    Ok(Some(Step::new(
        StepKind::Make,
        format!("making schema {name}"),
        format!("CREATE SCHEMA {name};\nCOMMENT ON SCHEMA {name} IS {comment}"),
    )))
}
