//! What was written, counted: how many events, and the number that shows that a file and a database agree.

use super::super::Unsupported;
use super::super::columns::name;
use super::super::file_run::FileRun;
use super::super::session_id::with_length;
use super::super::types::KeyType;
use super::{RunQuery, WRITTEN};

impl RunQuery<'_> {
    /// One row: how many events were written.
    ///
    /// # Errors
    /// When the engine does no runs over files.
    pub fn written(&self) -> Result<String, Unsupported> {
        Ok(format!("SELECT {} AS events\nFROM {WRITTEN}", self.engine()?.digits("COUNT(*)")))
    }

    /// One row: how many of the events that were written have no session id.
    ///
    /// # Errors
    /// When the engine does no runs over files.
    pub fn without_id(&self, session_column: &str) -> Result<String, Unsupported> {
        let without =
            format!("SUM(CASE WHEN {} IS NULL THEN 1 ELSE 0 END)", name(self.dialect, session_column));
        Ok(format!("SELECT {} AS without_id\nFROM {WRITTEN}", self.engine()?.digits(&without)))
    }

    /// One row: how many events were written, and the sums of the upper and of the lower 64 bits of one
    /// digest per event ([`spectrum_core::Digest`]), without a modulus: they are as long as they get.
    ///
    /// # Errors
    /// When the engine does no runs over files.
    pub fn digest(&self, session_column: &str) -> Result<String, Unsupported> {
        let engine = self.engine()?;
        let [event_id, session] =
            [(self.definition.event_id(), &self.types.event_id), (session_column, &KeyType::Text)]
                .map(|(column, ty)| with_length(engine, &engine.text(&name(self.dialect, column), ty)));
        let digest = engine.md5(&format!("{event_id} || {session}"));
        let (upper, lower) = (half(engine, 1), half(engine, 17));
        Ok(format!(
            "SELECT {} AS events, {upper} AS upper_bits, {lower} AS lower_bits\nFROM (\n  SELECT {digest} AS digest\n  FROM {WRITTEN}) AS digests",
            engine.digits("COUNT(*)"),
        ))
    }
}

/// The sum of the 64 bits that sixteen hex digits of the digest are.
fn half(engine: &dyn FileRun, from: u32) -> String {
    let number = engine.unsigned(&format!("SUBSTR(digest, {from}, 16)"));
    engine.digits(&format!("COALESCE(SUM({number}), 0)"))
}
