//! One number for all events and their sessions, which shows that a file and a database agree.

use std::fmt;

use md5::{Digest as _, Md5};

use crate::id_scheme::SessionId;

/// A sum over pairs of event id and session id. It does not depend on the order of the pairs, nor on how they are
/// shared among threads or files.
///
/// A pair counts as the MD5 of `<event id><session id>`, where each of the two is `<length in
/// octets>:<text>`, or `-` for NULL. The upper and the lower 64 bits of these MD5s are summed apart, modulo
/// 2^64. Unlike an exclusive or, a sum counts a pair that is there twice. It finds mistakes; it is not a seal
/// against somebody who looks for other events with the same sum.
///
/// ```
/// use spectrum_core::{Digest, SessionId};
///
/// let session = Some(SessionId::from_bytes([7; 16]));
/// let mut here = Digest::default();
/// here.add(Some(b"e1"), session);
/// here.add(Some(b"e2"), session);
///
/// let (mut first, mut second) = (Digest::default(), Digest::default());
/// second.add(Some(b"e2"), session);
/// first.add(Some(b"e1"), session);
/// assert_eq!(second.merge(first), here);
///
/// // What PostgreSQL says, whose sums are of signed numbers and do not wrap.
/// let there = Digest::from_sums(2, -34_658_231_821_767_856, -13_172_164_923_194_496_395);
/// assert_eq!(here, there);
/// assert_eq!(here.to_string(), "ff84de8593b86b50493311ca9e21aa75");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Digest {
    events: u64,
    upper: u64,
    lower: u64,
}

impl Digest {
    /// The digest of so many events from the sums of the upper and of the lower 64 bits, each taken as a signed
    /// integer.
    pub fn from_sums(events: u64, upper: i128, lower: i128) -> Self {
        Self { events, upper: modulo_2_64(upper), lower: modulo_2_64(lower) }
    }

    /// How many events were added.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Adds an event: the text of its id as UTF-8, and its session's id.
    pub fn add(&mut self, event_id: Option<&[u8]>, session: Option<SessionId>) {
        let mut md5 = Md5::new();
        each_piece(event_id, session, |piece| md5.update(piece));
        let bits = i128::from_be_bytes(md5.finalize().into());
        self.events += 1;
        self.upper = self.upper.wrapping_add(modulo_2_64(bits >> 64));
        self.lower = self.lower.wrapping_add(modulo_2_64(bits));
    }

    /// The digest of the events of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            upper: self.upper.wrapping_add(other.upper),
            lower: self.lower.wrapping_add(other.lower),
        }
    }
}

/// The rest of a division by 2^64, for negative integers too.
#[allow(clippy::cast_possible_truncation, reason = "what is cut off is what the rest is without")]
fn modulo_2_64(integer: i128) -> u64 {
    integer as u64
}

/// The two sums as 32 hex digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.upper, self.lower)
    }
}

/// Shows `visit` the text whose MD5 counts, piece by piece.
#[inline]
fn each_piece(event_id: Option<&[u8]>, session: Option<SessionId>, mut visit: impl FnMut(&[u8])) {
    match event_id {
        Some(text) => {
            // The length in decimal and a colon, written from the end. Formatting would take as long as half an MD5.
            let mut length = [b':'; 21];
            let (mut at, mut left) = (20, text.len());
            while at == 20 || left > 0 {
                at -= 1;
                length[at] = b"0123456789"[left % 10];
                left /= 10;
            }
            visit(&length[at..]);
            visit(text);
        }
        None => visit(b"-"),
    }
    match session {
        Some(session) => {
            visit(b"32:");
            visit(&session.hex());
        }
        None => visit(b"-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Option<SessionId> =
        Some(SessionId::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]));

    /// Every kind of pair, one of them twice.
    fn pairs() -> Vec<(Option<&'static str>, Option<SessionId>)> {
        vec![
            (Some("e1"), SESSION),
            (Some("é"), SESSION),
            (None, SESSION),
            (Some("e1"), None),
            (None, None),
            (Some("é"), SESSION),
        ]
    }

    fn digest(pairs: &[(Option<&str>, Option<SessionId>)]) -> Digest {
        let mut digest = Digest::default();
        pairs.iter().for_each(|(event, session)| digest.add(event.map(str::as_bytes), *session));
        digest
    }

    /// PostgreSQL computes the same for these in `tests/contract/digest.rs`.
    #[test]
    fn is_what_its_definition_says() {
        assert_eq!(digest(&[]).to_string(), "00000000000000000000000000000000");
        assert_eq!(digest(&[(Some("e1"), SESSION)]).to_string(), "7a7f8132998d0a3b28766a437cba2eba");
        assert_eq!(digest(&[(Some(""), None)]).to_string(), "414aaf73cb9a394db274f4c3ee4c0f78");
        assert_eq!(digest(&[(None, None)]).to_string(), "cfab1ba8c67c7c838db98d666f02a132");
        assert_eq!(digest(&pairs()[..5]).to_string(), "f96ec7995be3caf3567e691ec75a3a6c");
    }

    #[test]
    fn neither_order_nor_shares_change_it() {
        let all = digest(&pairs());
        let mut reversed = pairs();
        reversed.reverse();
        assert_eq!(digest(&reversed), all);
        for cut in 0..=6 {
            let (a, b) = (digest(&pairs()[..cut]), digest(&pairs()[cut..]));
            assert_eq!((a.merge(b), b.merge(a)), (all, all));
            let c = digest(&[(Some("more"), None)]);
            assert_eq!(a.merge(b.merge(c)), a.merge(b).merge(c));
        }
    }

    #[test]
    fn every_difference_changes_it() {
        let all = digest(&pairs());
        assert_eq!(all.events(), 6);
        for at in 0..6 {
            let mut without = pairs();
            let (event, session) = without.remove(at);
            assert_ne!(digest(&without), all, "one is missing");
            let other = if session.is_none() { SESSION } else { None };
            assert_ne!(digest(&[without.clone(), vec![(event, other)]].concat()), all, "in another session");
            assert_ne!(digest(&[without, vec![(Some("other"), session)]].concat()), all, "of another id");
        }
        // The lengths keep the two texts of a pair apart, and NULL from its spelling.
        assert_ne!(digest(&[(Some("-"), None)]), digest(&[(None, None)]));
        assert_ne!(digest(&[(Some("1:x"), None)]).to_string(), digest(&[(Some("x"), None)]).to_string());
    }

    #[test]
    fn sums_of_signed_numbers_are_the_same_modulo_2_to_the_64() {
        let expected = digest(&pairs()[..5]);
        let (upper, lower) = (-473_221_449_341_744_397, -12_214_209_558_467_691_924);
        assert_eq!(Digest::from_sums(5, upper, lower), expected);
        assert_eq!(Digest::from_sums(5, upper + (7 << 64), lower - (9 << 64)), expected);
        assert_ne!(Digest::from_sums(4, upper, lower), expected);
    }

    #[test]
    fn lengths_are_decimal() {
        let with_length = |length: usize| {
            let text = "x".repeat(length);
            let bits = u128::from_be_bytes(Md5::digest(format!("{length}:{text}-")).into());
            (
                digest(&[(Some(&text), None)]),
                Digest::from_sums(1, (bits >> 64) as i128, (bits & u128::from(u64::MAX)) as i128),
            )
        };
        for length in [0, 1, 9, 10, 36, 99, 100, 101, 12_345] {
            let (found, expected) = with_length(length);
            assert_eq!(found, expected, "{length}");
        }
    }
}
