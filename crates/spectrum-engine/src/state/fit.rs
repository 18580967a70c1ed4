//! Whether what a run reads goes together with the state.

use arrow_schema::DataType;
use spectrum_core::{IdScheme, KeyKind, Labeller};

use super::error::StateError;
use super::folder::Folder;
use super::manifest::{Manifest, RecordedDefinition};
use super::step::Step;
use crate::error::{EngineError, Result};
use crate::labelled::Labelled;
use crate::run_options::RunOptions;

/// Refuses a state of another definition, and names what differs.
pub(super) fn is_of(before: &Manifest, recorded: &RecordedDefinition, folder: &Folder) -> Result<()> {
    let differences = before.definition.differences(recorded);
    if differences.is_empty() {
        return Ok(());
    }
    Err(StateError::OtherDefinition { folder: folder.path().to_path_buf(), differences }.into())
}

/// Whether nothing says what times and keys are like.
pub(super) fn is_without_events(labelled: &Labelled) -> bool {
    labelled.events == labelled.null_times + labelled.dropped_null_keys + labelled.late_events()
}

impl Step<'_> {
    /// Refuses key columns that are of another kind than those of the state, and so have other texts.
    pub(super) fn check_keys(&self, labellers: &[Labeller]) -> Result<()> {
        for labeller in labellers {
            for (at, now) in labeller.key_kinds().into_iter().enumerate() {
                let before = self.before.and_then(|before| before.key_type(at));
                let before = before.and_then(|before| KeyKind::of(&before).ok().flatten());
                if let (Some(now), Some(before)) = (now, before)
                    && now != before
                {
                    let column = self.definition.key().get(at).cloned().unwrap_or_default();
                    return Err(StateError::OtherKeyKind { column, now, before }.into());
                }
            }
        }
        Ok(())
    }

    /// Refuses times and ids that do not go together with those of the state.
    pub(super) fn check(&self, labelled: &Labelled, options: &RunOptions) -> Result<()> {
        let is_zoned = matches!(labelled.time_type, DataType::Timestamp(_, Some(_)));
        if let Some(before) = self.before
            && !is_without_events(labelled)
            && before.session_count() > 0
            && before.times.is_zoned() != is_zoned
        {
            let (now, before) = if is_zoned { ("have a zone", "none") } else { ("have no zone", "one") };
            return Err(
                StateError::OtherTimes { column: self.definition.time().to_owned(), now, before }.into()
            );
        }
        if options.allow_id_collisions {
            return Ok(());
        }
        if let Some(collision) = &labelled.resolution.collision {
            return Err(EngineError::Collisions(collision.clone()));
        }
        let is_sequence = self.definition.id() == IdScheme::Sequence;
        if is_sequence && labelled.resolution.sessions.could_share_ids() {
            return Err(StateError::CouldShareIds.into());
        }
        Ok(())
    }
}
