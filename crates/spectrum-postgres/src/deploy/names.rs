//! The names that relations have until they take their place.

use spectrum_sql::TableName;

use crate::deployment::Mode;
use crate::fit::Fit;
use crate::present::Present;
use crate::relations::{beside, name_of};
use crate::role::Role;

/// The name under which a relation is built. A relation that one transaction makes has its own name at once
/// where that is free.
pub(super) fn working_name(fit: &Fit, present: &Present, role: Role) -> TableName {
    let name = name_of(&fit.deployment, role);
    let is_beside = fit.deployment.mode == Mode::Incremental || present.get(role).is_some();
    if is_beside { beside(&name) } else { name }
}
