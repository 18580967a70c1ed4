//! Rules for random tests: of every kind, over one set of columns, so that whoever is tested has the same conditions.

use crate::case::Definition;
use crate::rules::{GapWhen, Rules};

/// Which rules there are; what they say is always the same. Events have the columns `kind`, `bot`, `campaign` and `plan`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the settings of the rule")]
#[allow(clippy::struct_excessive_bools, reason = "each rule is there or not")]
pub struct SomeRules {
    /// Half seconds, as all that is a length of time.
    pub gap: u64,
    pub new_at_gap: bool,
    pub gap_when: bool,
    pub split_at: bool,
    pub timezone: bool,
    pub takes_part: bool,
    pub start_when: bool,
    pub end_when: bool,
    /// How many of [`SomeRules::SPLIT_ON`].
    pub split_on: usize,
    pub null_splits: bool,
    pub max_duration: Option<u64>,
    pub max_events: Option<u64>,
    pub passive_when: bool,
    pub ignore_when: bool,
}

impl SomeRules {
    /// What events are, some of it for several rules at once.
    pub const KINDS: [Option<&'static str>; 11] = [
        None,
        Some("login"),
        Some("logout"),
        Some("beat"),
        Some("note"),
        Some("video"),
        Some("click"),
        Some("beat login"),
        Some("beat logout"),
        Some("beat video"),
        Some("note logout"),
    ];
    /// Values of the first column of `split_on`; the second has a few numbers of one digit and of two.
    pub const CAMPAIGNS: [Option<&'static str>; 6] =
        [None, None, Some("spring"), Some("Summer"), Some("ä"), Some("")];
    /// The columns of `split_on`.
    pub const SPLIT_ON: [&'static str; 2] = ["campaign", "plan"];
    /// The pause after a video, in half seconds.
    pub const LONG_GAP: u64 = 28;
    /// Where sessions end, in seconds since 1970: at 04:00 in UTC, which is 05:00 in Paris, on a day in winter.
    pub const SPLIT: i64 = 1_767_225_600 + 4 * 3_600;

    /// A choice for every number; 0 is a gap alone.
    pub fn from_bits(bits: u64) -> Self {
        let mut bits = Bits(bits);
        Self {
            gap: 4 + bits.take(4) % 12,
            new_at_gap: bits.chance(),
            gap_when: bits.chance(),
            split_at: bits.chance(),
            timezone: bits.chance(),
            takes_part: bits.chance(),
            start_when: bits.chance(),
            end_when: bits.chance(),
            split_on: usize::try_from(bits.take(2) % 3).unwrap_or_default(),
            null_splits: bits.chance(),
            max_duration: bits.chance().then(|| 1 + bits.take(6) % 60),
            max_events: bits.chance().then(|| 1 + bits.take(3) % 5),
            passive_when: bits.chance(),
            ignore_when: bits.chance(),
        }
    }

    /// The same without the rules for which it matters where a session began.
    pub fn without_limits(self) -> Self {
        Self { split_on: self.split_on.min(1), max_duration: None, max_events: None, ..self }
    }

    /// The whole definition, of a table whose key is `user`, whose time is `at` and whose event id is `id`.
    pub fn definition(&self) -> Definition {
        Definition {
            key: vec!["user".to_owned()],
            time: "at".to_owned(),
            event_id: "id".to_owned(),
            gap: self.gap_words(),
            rules: self.words(),
            ..Definition::default()
        }
    }

    /// The gap as a case writes it.
    pub fn gap_words(&self) -> String {
        half_seconds(self.gap)
    }

    /// The rest as a case writes it.
    pub fn words(&self) -> Rules {
        let text = |is_there: bool, text: &str| is_there.then(|| text.to_owned());
        let zone = self.split_at && self.timezone;
        let split_on: Vec<_> =
            Self::SPLIT_ON.iter().take(self.split_on).map(|name| (*name).to_owned()).collect();
        Rules {
            takes_part: text(self.takes_part, "bot IS NOT TRUE"),
            at_gap: text(self.new_at_gap, "new"),
            gap_when: self.gap_when.then(|| {
                let gap = half_seconds(Self::LONG_GAP);
                vec![GapWhen { when: "kind LIKE '%video'".to_owned(), gap }]
            }),
            split_at: text(self.split_at, if zone { "05:00" } else { "04:00" }),
            timezone: text(zone, "Europe/Paris"),
            start_when: text(self.start_when, "kind LIKE '%login'"),
            end_when: text(self.end_when, "kind LIKE '%logout'"),
            split_on: (!split_on.is_empty()).then_some(split_on),
            split_on_null: text(self.null_splits && self.split_on > 0, "split"),
            max_duration: self.max_duration.map(half_seconds),
            max_events: self.max_events.map(|most| most.to_string()),
            passive_when: text(self.passive_when, "kind LIKE 'beat%'"),
            ignore_when: text(self.ignore_when, "kind LIKE 'note%'"),
        }
    }
}

/// A number of which the lowest bits are used up first.
struct Bits(u64);

impl Bits {
    fn take(&mut self, count: u32) -> u64 {
        let taken = self.0 & ((1 << count) - 1);
        self.0 >>= count;
        taken
    }

    /// True for 3 of 8.
    fn chance(&mut self) -> bool {
        self.take(3) >= 5
    }
}

fn half_seconds(count: u64) -> String {
    format!("{}ms", count * 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_choose() {
        assert!(SomeRules::from_bits(0).words().is_empty());
        let all = SomeRules::from_bits(u64::MAX);
        assert_eq!((all.words().names().len(), all.split_on), (11, 0));
        // Nothing reads beyond the 64 bits: the last choice is not always the same.
        let last = |bits| SomeRules::from_bits(bits).ignore_when;
        assert_ne!(last(0), last(u64::MAX));
    }

    #[test]
    fn each_choice_is_a_rule() {
        let nothing = SomeRules { gap: 3, timezone: true, null_splits: true, ..SomeRules::default() };
        assert_eq!((nothing.gap_words().as_str(), nothing.words().is_empty()), ("1500ms", true));
        let all = SomeRules {
            gap: 3,
            new_at_gap: true,
            gap_when: true,
            split_at: true,
            timezone: true,
            takes_part: true,
            start_when: true,
            end_when: true,
            split_on: 2,
            null_splits: true,
            max_duration: Some(60),
            max_events: Some(5),
            passive_when: true,
            ignore_when: true,
        };
        assert_eq!(all.words().names().len(), 13);
    }
}
