//! What stands where a deployment belongs, before anything is done.

use crate::present::Present;
use crate::triggers::Triggers;

/// What stands where the deployment belongs.
pub(super) struct Standing {
    pub(super) present: Present,
    pub(super) triggers: Triggers,
}
