//! A part of the keys, chosen by their text, so that every run and every machine takes the same ones.

use std::str::FromStr;

use spectrum_sql::postgres::{Events, key_text};

/// A share of all keys, in millionths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    millionths: u32,
}

/// A text that is not a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sample '{0}' is not a share of the keys; write a percentage above 0 and up to 100, as in 1%")]
pub struct SampleError(String);

impl FromStr for Sample {
    type Err = SampleError;

    fn from_str(text: &str) -> Result<Self, SampleError> {
        let wrong = || SampleError(text.to_owned());
        let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = number.trim().parse().map_err(|_| wrong())?;
        let millionths = (percent * 10_000.0).round();
        if millionths.is_finite() && (1.0..=1_000_000.0).contains(&millionths) {
            Ok(Self { millionths: millionths as u32 })
        } else {
            Err(wrong())
        }
    }
}

impl Sample {
    /// The condition on a row's key, as SQL: the first 32 bits of the key's MD5 lie below the share.
    pub(super) fn condition(self, events: &Events<'_>) -> String {
        let below = (u64::from(self.millionths) << 32) / 1_000_000;
        format!("('x' || LEFT(MD5({}), 8))::BIT(32)::BIGINT < {below}", key_text(events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_percentages_and_nothing_else() {
        let millionths = |text: &str| text.parse::<Sample>().map(|sample| sample.millionths);
        assert_eq!(millionths("1%"), Ok(10_000));
        assert_eq!(millionths("0.5 %"), Ok(5_000));
        assert_eq!(millionths("100%"), Ok(1_000_000));
        for wrong in ["1", "0%", "101%", "-1%", "NaN%", "x%", ""] {
            assert!(millionths(wrong).is_err(), "{wrong}");
        }
    }
}
