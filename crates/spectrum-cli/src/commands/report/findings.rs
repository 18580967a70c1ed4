//! What `spectrum check` finds, as findings of a page.

use jiff::Timestamp;
use spectrum_check::{Check, Example, Finding, Thresholds};
use spectrum_core::SessionDefinition;
use spectrum_engine::{CheckOptions, Checked};
use spectrum_report as page;
use spectrum_report::{Picture, Severity, redacted};

use crate::finding_words::{Words, told};

/// A check as of now, which looks at what every input has.
pub(super) fn options(thresholds: Thresholds, threads: usize) -> CheckOptions {
    let mut options = CheckOptions::new(Timestamp::now().as_microsecond());
    options.thresholds = thresholds;
    options.threads = threads;
    options
}

pub(super) fn findings(
    checked: &Checked,
    thresholds: &Thresholds,
    definition: &SessionDefinition,
    redact: bool,
) -> Vec<page::Finding> {
    let words = Words { key: definition.key(), zoned: checked.tallies.zoned, thresholds };
    let finding = |finding: &Finding| {
        let shown = if redact { hashed(finding) } else { finding.clone() };
        let told = told(&shown, &words);
        page::Finding {
            title: told.what,
            severity: match finding.severity {
                spectrum_check::Severity::Error => Severity::Error,
                spectrum_check::Severity::Warning => Severity::Warning,
                _ => Severity::Note,
            },
            count: finding.count,
            of: finding.of,
            examples: told.examples,
            what_to_do: told.to_do.to_owned(),
            picture: picture(finding.check),
        }
    };
    checked.findings.iter().map(finding).collect()
}

/// The same finding with hashes instead of what its examples say of keys and values.
fn hashed(finding: &Finding) -> Finding {
    let example = |example: &Example| {
        let mut example = example.clone();
        let key = example.key.iter_mut().flatten();
        // Of other checks it is the name of a column or of a file.
        let is_value = matches!(finding.check, Check::RepeatedEventIds | Check::TypeShare);
        for value in key.flatten().chain(example.value.as_mut().filter(|_| is_value)) {
            *value = redacted(value);
        }
        example
    };
    Finding { examples: finding.examples.iter().map(example).collect(), ..finding.clone() }
}

/// The picture that shows it.
fn picture(check: Check) -> Picture {
    match check {
        Check::CoarseTimes | Check::MidnightTimes | Check::ShiftedTimes => Picture::Week,
        Check::RepeatedEvents | Check::GapInPeak => Picture::Gap,
        Check::StandInKeys
        | Check::OutsizedKeys
        | Check::FastKeys
        | Check::SteadyKeys
        | Check::SleeplessKeys
        | Check::ClockSkew => Picture::Keys,
        Check::LongSessions => Picture::Lengths,
        Check::SingleEventShare | Check::EventsPerKey => Picture::Sizes,
        _ => Picture::OverTime,
    }
}
