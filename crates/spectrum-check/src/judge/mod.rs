//! From tallies to findings.

mod days;
mod outages;
mod pauses;
mod rhythm;
mod series;
mod shifts;
mod times;

use crate::check::Check;
use crate::finding::Finding;
use crate::key_facts::FEW;
use crate::tallies::{Sample, Tallies};
use crate::thresholds::Thresholds;

/// All findings, the gravest first, those of one severity in the order of [`Check::ALL`].
pub fn judge(tallies: &Tallies, thresholds: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (check, sample) in [
        (Check::NullTimes, Some(&tallies.null_times)),
        (Check::FutureTimes, Some(&tallies.future)),
        (Check::AncientTimes, Some(&tallies.ancient)),
        (Check::RepeatedEventIds, tallies.repeated_ids.as_ref()),
        (Check::OutsizedKeys, Some(&tallies.outsized)),
        (Check::FastKeys, Some(&tallies.fast)),
        (Check::SteadyKeys, Some(&tallies.steady)),
        (Check::LongSessions, Some(&tallies.long_sessions)),
        (Check::SleeplessKeys, Some(&tallies.sleepless)),
        (Check::ClockSkew, tallies.skewed.as_ref()),
    ] {
        findings.extend(sample.and_then(|sample| found(check, sample)));
    }
    let coarse = times::coarse(tallies, thresholds);
    // Where times were cut off, events of one key and time are not the same for that.
    if coarse.iter().all(|finding| finding.check != Check::CoarseTimes) {
        findings.extend(repeated_events(tallies, thresholds));
    }
    findings.extend(coarse);
    findings.extend(shifts::shifted(tallies, thresholds));
    findings.extend(stand_ins(tallies, thresholds));
    findings.extend(late(tallies, thresholds));
    let outages = outages::outages(tallies, thresholds);
    findings.extend(outages::found(&outages, tallies));
    findings.extend(days::judge(tallies, &outages, thresholds));
    findings.extend(pauses::cut(tallies, thresholds));
    findings.sort_by_key(|finding| (finding.severity, finding.check));
    findings
}

/// What was counted one by one is a finding wherever there is one.
fn found(check: Check, sample: &Sample) -> Option<Finding> {
    let finding = Finding::new(check, sample.count, sample.of).with(sample.examples.iter().cloned());
    (sample.count > 0).then_some(finding)
}

/// Events that are the same as others, where these are enough.
fn repeated_events(tallies: &Tallies, thresholds: &Thresholds) -> Option<Finding> {
    let sample = &tallies.repeated_events;
    let finding = found(Check::RepeatedEvents, sample)?;
    (sample.of >= FEW && finding.share() >= thresholds.repeated_share).then_some(finding)
}

fn stand_ins(tallies: &Tallies, thresholds: &Thresholds) -> Option<Finding> {
    let mut all: Vec<_> =
        tallies.stand_ins.iter().filter(|stand_in| stand_in.is_found(tallies.timed, thresholds)).collect();
    all.sort_by(|a, b| {
        b.events.cmp(&a.events).then_with(|| (&a.column, &a.value).cmp(&(&b.column, &b.value)))
    });
    // Of several columns of one key the same events may have one each.
    let count = all.iter().map(|stand_in| stand_in.events).sum::<u64>().min(tallies.timed);
    let examples = all.iter().map(|stand_in| crate::Example {
        key: Some(vec![stand_in.value.clone()]),
        value: Some(stand_in.column.clone()),
        count: Some(stand_in.events),
        ..crate::Example::default()
    });
    let finding = Finding::new(Check::StandInKeys, count, tallies.timed).with(examples);
    (!all.is_empty()).then(|| finding.fact("values", all.len() as u64))
}

fn late(tallies: &Tallies, thresholds: &Thresholds) -> Option<Finding> {
    let late = &tallies.late;
    let finding = found(Check::LateEvents, &late.late)?;
    let found = late.late.of >= FEW && finding.share() >= thresholds.late_share;
    found.then(|| {
        finding
            .fact("latest_seconds", crate::Fact::Seconds(late.latest))
            .fact("known_by", if late.by_arrival { "arrival" } else { "order" })
    })
}
