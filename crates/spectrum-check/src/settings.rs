//! The settings of `[check]`: what each is called, what it means, and its default. docs/check.md shows this table.

use toml::Value;

use crate::thresholds::{ThresholdError, Thresholds};

/// A setting of `[check]`.
#[derive(Clone, Copy)]
pub struct Setting {
    /// What it is called.
    pub name: &'static str,
    /// Its default, as it would be written.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
    set: fn(&Setting, &mut Thresholds, &Value) -> Result<(), ThresholdError>,
}

impl Setting {
    pub(crate) fn apply(&self, thresholds: &mut Thresholds, value: &Value) -> Result<(), ThresholdError> {
        (self.set)(self, thresholds, value)
    }
}

macro_rules! setting {
    ($name:ident, $kind:ident, $default:literal, $meaning:literal) => {
        Setting {
            name: stringify!($name),
            default: $default,
            meaning: $meaning,
            set: |setting, thresholds, value| {
                thresholds.$name = setting.$kind(value)?;
                Ok(())
            },
        }
    };
}

/// All of them.
pub const SETTINGS: [Setting; 23] = [
    setting!(
        future_after,
        duration,
        "\"5m\"",
        "how far after now a time may be; times without a zone may be 14 hours more"
    ),
    setting!(floor, date, "1990-01-01", "the first day on which there may be events"),
    setting!(
        coarse_share,
        share,
        "0.9",
        "which share of whole minutes, hours or midnights says that times were cut off"
    ),
    setting!(midnight_share, share, "0.01", "which share of events at midnight is too many"),
    setting!(shifted_share, share, "0.01", "which share of a stream's events may be whole hours away"),
    setting!(
        repeated_share,
        share,
        "0.01",
        "which share of events may be the same as another in key, time and type"
    ),
    setting!(
        stand_ins,
        texts,
        "[\"\", \"-\", \"0\", \"-1\", \"null\", \"nil\", \"nan\", \"na\", \"n/a\", \"none\", \"undefined\", \"unknown\", \
         \"anonymous\", \"anon\", \"guest\", \"test\", \"(not set)\", \"\\\\n\"]",
        "values of key columns that stand for nobody, in any case; NULL and a uuid of zeros always do"
    ),
    setting!(stand_in_share, share, "0.01", "which share of events a value that stands for nobody may have"),
    setting!(
        key_share,
        share,
        "0.1",
        "which share of events a key may have, where there are at least 100 keys"
    ),
    setting!(burst_events, count, "100", "how many events a key may have within burst_time"),
    setting!(burst_time, duration, "\"100s\"", "the time for burst_events"),
    setting!(steady_events, count, "100", "from how many pauses on a key is looked at for a constant pause"),
    setting!(
        steady_share,
        share,
        "0.9",
        "which share of a key's pauses within 1 % of their median makes them constant"
    ),
    setting!(long_session, duration, "\"1d\"", "how long a session may be"),
    setting!(sleepless_hours, count, "24", "in how many hours in a row a key may not have an event each"),
    setting!(clock_skew, duration, "\"5m\"", "how far a key's clock may be off"),
    setting!(late_after, duration, "\"1d\"", "how long after it happened an event is late"),
    setting!(late_share, share, "0.001", "which share of events may be late"),
    setting!(outage_keys, factor, "50", "how many keys must have been expected in a stretch without events"),
    setting!(quiet_day, share, "0.25", "which part of the keys that were expected is too few for a day"),
    setting!(level_change, factor, "2", "by which factor keys per day, or events per key, may change"),
    setting!(
        share_change,
        share,
        "0.2",
        "by how much a share of events or sessions may change from day to day"
    ),
    setting!(peak_share, share, "0.02", "which share of pauses within 25 % of the gap makes a peak"),
];

#[cfg(test)]
mod tests {
    use super::SETTINGS;
    use crate::check::Check;

    const DOCUMENT: &str = include_str!("../../../docs/check.md");

    #[test]
    fn the_document_has_every_setting_and_its_default() {
        for setting in SETTINGS {
            let row = format!("| `{}` | `{}` | {} |", setting.name, setting.default, setting.meaning);
            assert!(DOCUMENT.lines().any(|line| line == row), "{row}");
        }
    }

    #[test]
    fn the_document_has_every_check_and_its_severity() {
        for check in Check::ALL {
            let row = format!("| `{}` | {} | ", check.name(), check.severity());
            assert!(DOCUMENT.lines().any(|line| line.starts_with(&row)), "{row}");
        }
        let rows = DOCUMENT.lines().filter(|line| {
            ["error", "warning", "note"].iter().any(|severity| line.contains(&format!("` | {severity} | ")))
        });
        assert_eq!(rows.count(), Check::ALL.len());
    }
}
