//! Whole hours between a stream and the rest of its keys.

use super::rhythm;
use crate::check::Check;
use crate::finding::{Example, Fact, Finding};
use crate::tallies::{MOST_HOURS, Shift, Stream, Tallies};
use crate::thresholds::Thresholds;

/// Fewer events than this are chance.
const LEAST: u64 = 30;

/// Which share of a stream's events has company where the whole stream is away. Others act alone.
const WHOLE: f64 = 0.25;

/// Streams whose company is whole hours away. Several kinds of streams see the same shift; the kind that says most of it is
/// told alone: files, then types, then single events, then copies.
pub(super) fn shifted(tallies: &Tallies, thresholds: &Thresholds) -> Option<Finding> {
    let rank = |shift: &Shift| match shift.stream {
        Stream::File(_) => 0,
        Stream::Type(_) => 1,
        Stream::Events => 2,
        Stream::Copies => 3,
    };
    let found = tallies.shifts.iter().filter_map(|shift| {
        let hours = hours_of(shift, thresholds).or_else(|| rhythm::hours_of(shift, &tallies.shifts))?;
        Some((shift, hours))
    });
    let mut found: Vec<(&Shift, i64)> = found.collect();
    found.sort_by_key(|(shift, _)| (rank(shift), shift.events, name(&shift.stream)));
    let first = rank(found.first()?.0);
    // A type or a file is away as a whole; of single events only those that have company are known.
    let count_away = |shift: &Shift, hours: i64| match rank(shift) {
        0 | 1 => shift.events,
        _ => away(shift, hours).unwrap_or(0),
    };
    let (mut count, mut events, mut examples, mut told) = (0, 0, Vec::new(), Vec::new());
    for (shift, hours) in found.into_iter().filter(|(shift, _)| rank(shift) == first) {
        events += shift.events;
        // Of two streams that are away from each other the smaller one is taken to be wrong.
        if first < 2 && !told.is_empty() && 2 * events > tallies.timed {
            break;
        }
        count += count_away(shift, hours);
        let (value, seconds) = (name(&shift.stream).map(str::to_owned), Some(hours as f64 * 3_600.0));
        let mut known =
            shift.examples.iter().filter(|(at, _)| *at == hours).map(|(_, example)| example.clone());
        match value {
            None => examples.extend(known.map(|known| Example { seconds, ..known })),
            Some(_) => examples.push(Example { value, seconds, ..known.next().unwrap_or_default() }),
        }
        told.push(hours);
    }
    let hours = *told.first()?;
    let stream = ["file", "type", "event", "copy"][first];
    let finding = Finding::new(Check::ShiftedTimes, count, tallies.timed).with(examples);
    Some(
        finding
            .fact("hours", Fact::Number(hours as f64))
            .fact("stream", stream)
            .fact("streams", told.len() as u64),
    )
}

fn name(stream: &Stream) -> Option<&str> {
    match stream {
        Stream::Type(name) | Stream::File(name) => Some(name),
        Stream::Events | Stream::Copies => None,
    }
}

fn away(shift: &Shift, hours: i64) -> Option<u64> {
    let at = usize::try_from(hours + MOST_HOURS as i64).ok()?;
    shift.away.get(at).copied()
}

/// By how many hours a stream is away: where its company stands out against that of the hours beside it. People's rhythm
/// has no peak that is less than an hour wide, so company at its hours changes slowly from hour to hour.
fn hours_of(shift: &Shift, thresholds: &Thresholds) -> Option<i64> {
    let most = MOST_HOURS as i64;
    let hours = (-most..=most).filter(|hours| *hours != 0);
    let (count, hours) = hours
        .filter_map(|hours| Some((away(shift, hours)?, hours)))
        .max_by_key(|(count, hours)| (*count, -hours.abs()))?;
    let beside = [-2, -1, 1, 2].map(|step| hours + step).into_iter().filter(|beside| *beside != 0);
    let beside: Vec<u64> = beside.filter_map(|beside| away(shift, beside)).collect();
    let average = beside.iter().sum::<u64>() as f64 / beside.len().max(1) as f64;
    // What comes again and again at whole hours has company on both sides.
    let is_one_sided = count >= 2 * away(shift, -hours).unwrap_or(0);
    let has_peak = count >= LEAST && count as f64 >= 3.0 * average && is_one_sided;
    let has_share = count as f64 >= thresholds.shifted_share * shift.events as f64;
    // A whole stream is away when it has more company there than at home, and not only at its edges.
    let is_away = match shift.stream {
        Stream::Type(_) | Stream::File(_) => {
            count > shift.at_home && count as f64 >= WHOLE * shift.events as f64
        }
        Stream::Events | Stream::Copies => true,
    };
    (has_peak && has_share && is_away).then_some(hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_streams_of_one_size_the_first_by_name_is_told() {
        let stream = |name: &str, hours: i64| {
            let mut away_at = [0; 2 * MOST_HOURS + 1];
            away_at[(MOST_HOURS as i64 + hours) as usize] = 100;
            Shift {
                stream: Stream::Type(name.into()),
                events: 100,
                at_home: 0,
                away: away_at,
                examples: Vec::new(),
                key_hours: 0,
                rhythm: [0; 24],
            }
        };
        for (one, other) in [(("click", 3), ("view", -3)), (("view", -3), ("click", 3))] {
            let shifts = [one, other].map(|(name, hours)| stream(name, hours)).to_vec();
            let tallies = Tallies { timed: 200, shifts, ..Tallies::default() };
            let finding = shifted(&tallies, &Thresholds::default()).unwrap();
            let told: Vec<_> = finding.examples.iter().map(|example| example.value.as_deref()).collect();
            assert_eq!((told, finding.count), (vec![Some("click")], 100));
        }
    }
}
