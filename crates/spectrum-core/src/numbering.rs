//! Values, keys and sessions are numbered in 32 bits, which is half the memory of what grows with them.
//!
//! Code that adds some checks that there are not too many of them; code that then goes through them need not
//! check again.

use crate::label_error::LabelError;
use crate::numbered::Numbered;

/// So many there can be of each. The greatest number is never used: it stands for a label or session that
/// does not exist.
pub(crate) const MOST: usize = u32::MAX as usize - 1;

/// A position as a number. One that is too great becomes the greatest, and is never somebody else's; [`check`] refuses
/// it before anybody asks for it.
#[inline]
pub(crate) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Refuses more than `most`, which is [`MOST`] outside tests.
#[inline]
pub(crate) fn check(what: Numbered, count: usize, most: usize) -> Result<(), LabelError> {
    if count > most { Err(LabelError::TooMany { what, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_number_is_nobodys() {
        assert_eq!(check(Numbered::Keys, MOST, MOST), Ok(()));
        // Of so many the last has the number before the greatest, whether numbers begin with zero or one.
        assert_eq!((number(MOST - 1), number(MOST)), (u32::MAX - 2, u32::MAX - 1));
        let refused = check(Numbered::Keys, MOST + 1, MOST).unwrap_err();
        assert_eq!(refused, LabelError::TooMany { what: Numbered::Keys, most: MOST });
        assert_eq!(
            refused.to_string(),
            "there are more than 4294967294 different keys, which is all that 32 bits can number; take the events apart \
             by key, and work on each part alone"
        );
    }

    #[test]
    fn numbers_do_not_begin_again() {
        let wrapping = usize::try_from(u64::from(u32::MAX) + 8);
        assert_eq!(wrapping.map(number), Ok(u32::MAX));
    }
}
