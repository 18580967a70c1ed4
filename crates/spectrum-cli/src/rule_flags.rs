//! The flags of rules beyond the gap. Each is a setting of `[session]` in spectrum.toml under the same name, and `where` one of
//! `[events]`.

use clap::Args;
use spectrum_core::{RuleError, RuleParts};

const HEADING: &str = "Rules beyond the gap";

/// Rules beyond the gap; `none` turns off what the definition file or the deployment has.
#[derive(Args, Debug, Default)]
pub(crate) struct RuleFlags {
    /// Events that take part, as in "is_bot IS NOT TRUE"; others keep their row and have no session
    #[arg(long = "where", value_name = "CONDITION", help_heading = HEADING)]
    takes_part: Option<String>,
    /// What an event exactly one gap after the last belongs to: same session or new [default: same]
    #[arg(long, value_name = "WORD", help_heading = HEADING)]
    at_gap: Option<String>,
    /// Another gap after certain events, as in "4h: event_type = 'video_play'"; may be given several times, and the first that
    /// holds counts
    #[arg(long, value_name = "GAP: CONDITION", help_heading = HEADING)]
    gap_when: Vec<String>,
    /// Time of day at which sessions end, as in midnight or 04:00
    #[arg(long, value_name = "TIME", help_heading = HEADING)]
    split_at: Option<String>,
    /// Time zone of --split-at, as in Europe/Paris [default: UTC]
    #[arg(long, alias = "time-zone", alias = "tz", value_name = "ZONE", help_heading = HEADING)]
    timezone: Option<String>,
    /// Events that start a session, as in "event_type IN ('login', 'app_open')"
    #[arg(long, value_name = "CONDITION", help_heading = HEADING)]
    start_when: Option<String>,
    /// Events that are the last of their session, as in "event_type = 'logout'"
    #[arg(long, value_name = "CONDITION", help_heading = HEADING)]
    end_when: Option<String>,
    /// Columns whose value stays the same within a session, separated by commas, as in utm_campaign
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = HEADING)]
    split_on: Option<Vec<String>>,
    /// Whether a change from or to NULL starts a session: keep or split [default: keep]
    #[arg(long, value_name = "WORD", help_heading = HEADING)]
    split_on_null: Option<String>,
    /// Longest time from the first event of a session to its last, as in 12h
    #[arg(long, value_name = "DURATION", help_heading = HEADING)]
    max_duration: Option<String>,
    /// Most events of a session
    #[arg(long, value_name = "COUNT", help_heading = HEADING)]
    max_events: Option<String>,
    /// Events that join and extend a session but never start one, as in "event_type = 'heartbeat'"
    #[arg(long, value_name = "CONDITION", help_heading = HEADING)]
    passive_when: Option<String>,
    /// Events that join a session but neither start nor extend one, as in "event_type = 'notification'"
    #[arg(long, value_name = "CONDITION", help_heading = HEADING)]
    ignore_when: Option<String>,
}

impl RuleFlags {
    /// What they say.
    pub(crate) fn parts(&self) -> Result<RuleParts, RuleError> {
        let mut parts = RuleParts::default();
        for (setting, text) in [
            ("where", &self.takes_part),
            ("start_when", &self.start_when),
            ("end_when", &self.end_when),
            ("passive_when", &self.passive_when),
            ("ignore_when", &self.ignore_when),
        ] {
            parts.set_condition(setting, text.as_deref())?;
        }
        parts.set_at_gap(self.at_gap.as_deref())?;
        if !self.gap_when.is_empty() {
            parts.set_gap_when(&self.gap_when)?;
        }
        parts.set_split_at(self.split_at.as_deref());
        parts.set_timezone(self.timezone.as_deref());
        if let Some(columns) = &self.split_on {
            parts.set_split_on(columns);
        }
        parts.set_split_on_null(self.split_on_null.as_deref())?;
        parts.set_max_duration(self.max_duration.as_deref())?;
        parts.set_max_events(self.max_events.as_deref())?;
        Ok(parts)
    }
}
