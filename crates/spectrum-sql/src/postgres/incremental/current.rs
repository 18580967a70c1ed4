//! A refresh that waited while another deployment took the place of its own.

use super::Incremental;
use crate::quote::literal;

impl Incremental<'_> {
    /// The body of the function that refreshes, which `body` makes with a check in the place for it, behind the lock: a call
    /// can wait there while a deployment exchanges what it is going to write, and would go on with the old body, as
    /// PostgreSQL has read it. So the body asks whether the function has still this text, which it knows again by a number
    /// made of all the rest of it.
    pub(super) fn while_current(&self, body: impl Fn(&str) -> String) -> String {
        let function = literal(&format!("{}()", self.names.refresh));
        let number = literal(&format!("{:016x}", number_of(&body(""))));
        body(&format!(
            "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                 WHERE p.oid = pg_catalog.to_regprocedure({function}) AND pg_catalog.strpos(p.prosrc, {number}) > 0) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = 'another definition of the sessions was deployed while this refresh waited',
      HINT = 'Refresh again.';
  END IF;
"
        ))
    }
}

/// FNV-1a: only to tell one text from another.
fn number_of(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
