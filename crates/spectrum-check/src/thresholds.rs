//! From where on something is a finding: the table `[check]` of a `spectrum.toml`.

use jiff::civil::Date;
use spectrum_core::internals::or_near;
use spectrum_core::{Gap, GapError};
use toml::Value;

use crate::settings::{SETTINGS, Setting};

/// From where on something is a finding. Each has the name and the default that [`SETTINGS`] documents.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "SETTINGS says what each means")]
pub struct Thresholds {
    pub future_after: Gap,
    /// Microseconds since 1970.
    pub floor: i64,
    pub coarse_share: f64,
    pub midnight_share: f64,
    pub shifted_share: f64,
    pub repeated_share: f64,
    pub stand_ins: Vec<String>,
    pub stand_in_share: f64,
    pub key_share: f64,
    pub burst_events: u64,
    pub burst_time: Gap,
    pub steady_events: u64,
    pub steady_share: f64,
    pub long_session: Gap,
    pub sleepless_hours: u64,
    pub clock_skew: Gap,
    pub late_after: Gap,
    pub late_share: f64,
    pub outage_keys: f64,
    pub quiet_day: f64,
    pub level_change: f64,
    pub share_change: f64,
    pub peak_share: f64,
}

/// Why a threshold was refused.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ThresholdError {
    /// The text is not TOML.
    #[error("{0}")]
    Toml(String),
    /// A setting of a name that none has.
    #[error("[check] has no setting '{name}'{}", or_near(name, SETTINGS.iter().map(|setting| setting.name)))]
    Unknown {
        /// The name.
        name: String,
    },
    /// A value that a setting cannot have.
    #[error("check.{name} is {value} and must be {expected}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A duration that is none.
    #[error("check.{name} is not a duration")]
    Duration {
        /// The setting.
        name: &'static str,
        /// Why not.
        source: GapError,
    },
}

impl Default for Thresholds {
    fn default() -> Self {
        let duration = |nanoseconds| Gap::from_nanoseconds(nanoseconds).unwrap_or(Gap::DEFAULT);
        const SECOND: u64 = 1_000_000_000;
        const DAY: u64 = 86_400 * SECOND;
        Self {
            future_after: duration(300 * SECOND),
            floor: 631_152_000_000_000,
            coarse_share: 0.9,
            midnight_share: 0.01,
            shifted_share: 0.01,
            repeated_share: 0.01,
            stand_ins: STAND_INS.map(str::to_owned).to_vec(),
            stand_in_share: 0.01,
            key_share: 0.1,
            burst_events: 100,
            burst_time: duration(100 * SECOND),
            steady_events: 100,
            steady_share: 0.9,
            long_session: duration(DAY),
            sleepless_hours: 24,
            clock_skew: duration(300 * SECOND),
            late_after: duration(DAY),
            late_share: 0.001,
            outage_keys: 50.0,
            quiet_day: 0.25,
            level_change: 2.0,
            share_change: 0.2,
            peak_share: 0.02,
        }
    }
}

/// What stands for nobody, in any case. NULL always does, and so does a uuid of zeros alone.
pub const STAND_INS: [&str; 18] = [
    "",
    "-",
    "0",
    "-1",
    "null",
    "nil",
    "nan",
    "na",
    "n/a",
    "none",
    "undefined",
    "unknown",
    "anonymous",
    "anon",
    "guest",
    "test",
    "(not set)",
    "\\n",
];

impl Thresholds {
    /// What the table `[check]` of a `spectrum.toml` says, and the defaults for what it leaves out.
    ///
    /// # Errors
    /// When the text is not TOML, or a setting is unknown or has a value that it cannot have.
    pub fn from_toml(text: &str) -> Result<Self, ThresholdError> {
        let mut all: toml::Table = toml::from_str(text)
            .map_err(|error| ThresholdError::Toml(error.to_string().trim_end().to_owned()))?;
        let mut thresholds = Self::default();
        match all.remove("check") {
            None => {}
            Some(Value::Table(said)) => {
                for (name, value) in &said {
                    let setting = SETTINGS.iter().find(|setting| setting.name == name);
                    let setting = setting.ok_or_else(|| ThresholdError::Unknown { name: name.clone() })?;
                    setting.apply(&mut thresholds, value)?;
                }
            }
            Some(other) => {
                let expected = "a table of settings, as in [check]";
                return Err(ThresholdError::Value { name: "*", value: written(&other), expected });
            }
        }
        Ok(thresholds)
    }

    /// Whether a value stands for nobody.
    pub fn is_stand_in(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return true };
        let value = value.trim();
        // No word for nobody is longer, and a uuid has 36 letters.
        if value.len() > 40 {
            return false;
        }
        let is_zero_uuid = value.len() >= 32 && value.bytes().all(|letter| matches!(letter, b'0' | b'-'));
        is_zero_uuid || self.stand_ins.iter().any(|known| known.eq_ignore_ascii_case(value))
    }
}

impl Setting {
    fn refused(&self, value: &Value, expected: &'static str) -> ThresholdError {
        ThresholdError::Value { name: self.name, value: written(value), expected }
    }

    pub(crate) fn duration(&self, value: &Value) -> Result<Gap, ThresholdError> {
        let text = value.as_str().ok_or_else(|| self.refused(value, "a duration, as in \"5m\""))?;
        text.parse().map_err(|source| ThresholdError::Duration { name: self.name, source })
    }

    pub(crate) fn share(&self, value: &Value) -> Result<f64, ThresholdError> {
        let share = number(value).filter(|share| *share > 0.0 && *share <= 1.0);
        share.ok_or_else(|| self.refused(value, "a share above 0 and up to 1, as in 0.05"))
    }

    pub(crate) fn factor(&self, value: &Value) -> Result<f64, ThresholdError> {
        let factor = number(value).filter(|factor| *factor > 1.0 && factor.is_finite());
        factor.ok_or_else(|| self.refused(value, "a number above 1"))
    }

    pub(crate) fn count(&self, value: &Value) -> Result<u64, ThresholdError> {
        let count = value.as_integer().and_then(|count| u64::try_from(count).ok()).filter(|count| *count > 0);
        count.ok_or_else(|| self.refused(value, "a whole number from 1 on"))
    }

    pub(crate) fn texts(&self, value: &Value) -> Result<Vec<String>, ThresholdError> {
        let texts = value.as_array().map(|texts| texts.iter().map(|text| text.as_str().map(str::to_owned)));
        let texts: Option<Vec<_>> = texts.and_then(|texts| texts.collect());
        texts.ok_or_else(|| self.refused(value, "a list of texts, as in [\"0\", \"guest\"]"))
    }

    /// A day, as the microsecond at its beginning.
    pub(crate) fn date(&self, value: &Value) -> Result<i64, ThresholdError> {
        let date = match value {
            Value::Datetime(at) if at.time.is_none() => at.date.map(|date| (date.year, date.month, date.day)),
            Value::String(text) => text
                .parse::<toml::value::Datetime>()
                .ok()
                .filter(|at| at.time.is_none())
                .and_then(|at| at.date.map(|date| (date.year, date.month, date.day))),
            _ => None,
        };
        let (year, month, day) = date.ok_or_else(|| self.refused(value, "a date, as in 1990-01-01"))?;
        let date = i16::try_from(year).ok().zip(i8::try_from(month).ok().zip(i8::try_from(day).ok()));
        let date = date.and_then(|(year, (month, day))| Date::new(year, month, day).ok());
        let date = date.ok_or_else(|| self.refused(value, "a date of the calendar, as in 1990-01-01"))?;
        Ok(date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24 * crate::tallies::DAY)
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(at) => at.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(setting: &str) -> String {
        Thresholds::from_toml(&format!("[check]\n{setting}")).unwrap_err().to_string()
    }

    #[test]
    fn what_the_table_documents_is_what_holds() {
        let all: String =
            SETTINGS.iter().map(|setting| format!("{} = {}\n", setting.name, setting.default)).collect();
        assert_eq!(Thresholds::from_toml(&format!("[check]\n{all}")), Ok(Thresholds::default()));
        assert_eq!(Thresholds::from_toml("[session]\ngap = '5m'"), Ok(Thresholds::default()));
    }

    #[test]
    fn settings_are_taken_and_slips_are_told() {
        let said =
            Thresholds::from_toml("[check]\nkey_share = 1\nfloor = \"2020-02-29\"\nstand_ins = [\"x\"]")
                .unwrap();
        assert_eq!((said.key_share, said.floor), (1.0, 1_582_934_400_000_000));
        assert!(said.is_stand_in(Some("X")) && said.is_stand_in(None) && !said.is_stand_in(Some("0")));
        assert_eq!(refusal("key_shar = 1"), "[check] has no setting 'key_shar'; did you mean key_share?");
        assert_eq!(
            refusal("key_share = 1.5"),
            "check.key_share is 1.5 and must be a share above 0 and up to 1, as in 0.05"
        );
        assert_eq!(
            refusal("burst_events = 0"),
            "check.burst_events is 0 and must be a whole number from 1 on"
        );
        assert_eq!(refusal("level_change = 1"), "check.level_change is 1 and must be a number above 1");
        assert_eq!(refusal("floor = 1990"), "check.floor is 1990 and must be a date, as in 1990-01-01");
        let no_day = refusal("floor = \"2026-02-30\"");
        assert!(no_day.starts_with("check.floor is '2026-02-30' and must be a date"), "{no_day}");
        assert_eq!(refusal("late_after = \"soon\""), "check.late_after is not a duration");
        let table = Thresholds::from_toml("check = 5").unwrap_err().to_string();
        assert_eq!(table, "check.* is 5 and must be a table of settings, as in [check]");
    }

    #[test]
    fn who_stands_for_nobody() {
        let thresholds = Thresholds::default();
        for nobody in ["", " ", "0", "-1", "NULL", "Undefined", "00000000-0000-0000-0000-000000000000"] {
            assert!(thresholds.is_stand_in(Some(nobody)), "{nobody:?}");
        }
        for somebody in ["1", "00", "annie", "nullable", "00000000-0000-0000-0000-000000000001"] {
            assert!(!thresholds.is_stand_in(Some(somebody)), "{somebody:?}");
        }
    }
}
