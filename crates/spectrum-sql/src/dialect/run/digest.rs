//! What was written, counted: how many events, and the number by which files and databases prove each other.

use super::super::columns::name;
use super::super::session_id::with_length;
use super::super::types::KeyType;
use super::super::{Unsupported, syntax::Syntax};
use super::{RunQuery, WRITTEN};

impl RunQuery<'_> {
    /// One row: how many events were written.
    ///
    /// # Errors
    /// When the engine is one that has only the reference.
    pub fn written(&self) -> Result<String, Unsupported> {
        Ok(format!("SELECT {} AS events\nFROM {WRITTEN}", self.syntax()?.digits("COUNT(*)")))
    }

    /// One row: how many events were written, and the sums of the upper and of the lower 64 bits of a digest an event
    /// ([`spectrum_core::Digest`]), modulo nothing: they are as long as they get.
    ///
    /// # Errors
    /// When the engine cannot add up such numbers.
    pub fn digest(&self, session_column: &str) -> Result<String, Unsupported> {
        let syntax = self.syntax()?;
        let [event_id, session] =
            [(self.definition.event_id(), &self.types.event_id), (session_column, &KeyType::Text)]
                .map(|(column, ty)| with_length(syntax, &syntax.text(&name(self.dialect, column), ty)));
        let digest = syntax.md5(&format!("{event_id} || {session}"));
        let (upper, lower) = (half(syntax, 1)?, half(syntax, 17)?);
        Ok(format!(
            "SELECT {} AS events, {upper} AS upper_bits, {lower} AS lower_bits\nFROM (\n  SELECT {digest} AS digest\n  FROM {WRITTEN}) AS digests",
            syntax.digits("COUNT(*)"),
        ))
    }
}

/// The sum of the 64 bits that sixteen hex digits of the digest are.
fn half(syntax: &dyn Syntax, from: u32) -> Result<String, Unsupported> {
    let digits = format!("SUBSTR(digest, {from}, 16)");
    let number = syntax.unsigned(&digits).ok_or_else(|| {
        Unsupported::new(syntax.dialect(), "a digest", "leave out --digest, or run spectrum verify")
    })?;
    Ok(syntax.digits(&format!("COALESCE(SUM({number}), 0)")))
}
