//! When a user acts: how many sessions, how long, and where in the ninety days.
//!
//! Two sessions of one user in one account are always more than the session gap apart, so the sessions made here are
//! the sessions that the gap rule finds. Sessions of one user in different accounts may overlap: the key is both.

use crate::event::Event;
use crate::people::Person;
use crate::rhythm::Rhythm;
use crate::rng::Rng;
use crate::visit;
use crate::window::{MINUTE, NEW_SESSION_GAP, SECOND, WINDOW};

const EVENTS_PER_SESSION: u64 = 8;
const EVENTS_PER_BOT_RUN: u64 = 3_000;
/// Keeps the pauses between a bot's runs short against the window.
const MOST_BOT_RUNS: u64 = 200;

/// Appends all events of one user, each session's in time order.
pub(crate) fn act(person: &Person, rhythm: &Rhythm, rng: &mut Rng, events: &mut Vec<Event>) {
    if person.events == 0 {
        return;
    }
    let first = events.len();
    let mut sessions =
        if person.bot { bot_runs(person, rng, events) } else { human_sessions(person, rng, events) };
    let moments = start_moments(sessions.len(), person, rhythm, rng);
    place(&mut sessions, moments, rng);
    // Not the same last microsecond for everybody who is about when the window closes.
    keep_before(WINDOW - rng.below(30 * MINUTE), &mut sessions);

    let mut unplaced = events.iter_mut().skip(first);
    for session in &sessions {
        for event in unplaced.by_ref().take(session.events as usize) {
            event.at += session.start;
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Session {
    events: u64,
    membership: u8,
    start: u64,
    length: u64,
}

fn human_sessions(person: &Person, rng: &mut Rng, events: &mut Vec<Event>) -> Vec<Session> {
    // Rounded up or down by chance, so that the mean is kept.
    let count = (person.events + rng.below(EVENTS_PER_SESSION)) / EVENTS_PER_SESSION;
    let mut sessions = split(person.events, count.max(1), rng);
    for session in &mut sessions {
        session.membership = rng.below(u64::from(person.memberships)) as u8;
        session.length = visit::human(person, session.membership, session.events, rng, events);
    }
    sessions
}

fn bot_runs(person: &Person, rng: &mut Rng, events: &mut Vec<Event>) -> Vec<Session> {
    // Beyond some forty million events the busiest bots are faster, or ninety days would not hold their events.
    let longest_interval = WINDOW / 5 * 4 / person.events;
    let interval = ((10 + rng.below(51)) * SECOND).min(longest_interval);
    let count = (person.events / EVENTS_PER_BOT_RUN).clamp(1, MOST_BOT_RUNS);
    let mut runs = split(person.events, count, rng);
    for run in &mut runs {
        run.length = visit::bot(person, interval, run.events, rng, events);
    }
    runs
}

/// Splits events into sessions at random places, every choice of places being equally likely. That is what becomes
/// of geometrically distributed lengths once their number and their sum are given. One pass selects the places
/// (Donald E. Knuth, The Art of Computer Programming, volume 2, section 3.4.2, algorithm S).
fn split(events: u64, sessions: u64, rng: &mut Rng) -> Vec<Session> {
    let unplaced = |events| Session { events, membership: 0, start: 0, length: 0 };
    let mut split = Vec::with_capacity(sessions as usize);
    let mut cuts_left = sessions - 1;
    let mut size = 1;
    for places_left in (1..events).rev() {
        if rng.below(places_left) < cuts_left {
            split.push(unplaced(size));
            size = 0;
            cuts_left -= 1;
        }
        size += 1;
    }
    split.push(unplaced(size));
    split
}

/// When sessions would start if none took any time: humans keep the rhythm of the day, bots do not.
fn start_moments(count: usize, person: &Person, rhythm: &Rhythm, rng: &mut Rng) -> Vec<u64> {
    let moment = |_| if person.bot { rng.below(WINDOW) } else { rhythm.moment(rng) };
    let mut moments: Vec<u64> = (0..count).map(moment).collect();
    moments.sort_unstable();
    moments
}

/// Gives each session its start: its moment, or later where the session before leaves no room.
fn place(sessions: &mut [Session], moments: Vec<u64>, rng: &mut Rng) {
    let mut minimal_next_start = [0; 3];
    let mut previous: Option<Session> = None;
    for (session, moment) in sessions.iter_mut().zip(moments) {
        let minimal_next_start = &mut minimal_next_start[usize::from(session.membership)];
        session.start = match previous {
            // Rarely the pause is the shortest that makes a new session.
            Some(before) if before.membership == session.membership && rng.one_in(256) => {
                before.start + before.length + NEW_SESSION_GAP
            }
            // A user of two accounts often works in both at once.
            Some(before) if before.membership != session.membership && rng.one_in(2) => {
                before.start + rng.below(10 * MINUTE)
            }
            _ => moment,
        };
        if session.start < *minimal_next_start {
            session.start = *minimal_next_start + rng.below(15 * MINUTE);
        }
        *minimal_next_start = session.start + session.length + NEW_SESSION_GAP;
        previous = Some(*session);
    }
}

/// Moves sessions that do not end before `closing` to where they do, and those before them out of their way.
fn keep_before(closing: u64, sessions: &mut [Session]) {
    let mut maximal_end = [closing - 1; 3];
    for session in sessions.iter_mut().rev() {
        let maximal_end = &mut maximal_end[usize::from(session.membership)];
        session.start = session.start.min(maximal_end.saturating_sub(session.length));
        *maximal_end = session.start.saturating_sub(NEW_SESSION_GAP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn a_split_keeps_every_event_and_leaves_no_session_empty() {
        let mut rng = Rng::stream(1, Purpose::Behaviour, 1);
        for (events, sessions) in [(1, 1), (2, 1), (2, 2), (9, 9), (100, 13)] {
            let split = split(events, sessions, &mut rng);
            assert_eq!(split.len() as u64, sessions);
            assert_eq!(split.iter().map(|session| session.events).sum::<u64>(), events);
            assert!(split.iter().all(|session| session.events > 0));
        }
    }

    #[test]
    fn lengths_are_geometric() {
        let mut rng = Rng::stream(1, Purpose::Behaviour, 2);
        let sizes: Vec<u64> = split(80_000, 10_000, &mut rng).iter().map(|session| session.events).collect();
        // Of geometric lengths with mean 8, an eighth are 1 and (7/8)^8 = 34 % are longer than 8.
        let ones = sizes.iter().filter(|&&size| size == 1).count();
        assert!((1_150..1_350).contains(&ones), "{ones} of 10000 have one event");
        let long = sizes.iter().filter(|&&size| size > 8).count();
        assert!((3_250..3_620).contains(&long), "{long} of 10000 have more than eight");
    }

    /// The busiest humans there are have hardly room for all their sessions.
    #[test]
    fn the_gap_rule_finds_the_sessions_made_here() {
        for user in 0..20 {
            let person = Person { user, events: 12_000, memberships: 1, bot: false };
            let mut rng = Rng::stream(1, Purpose::Behaviour, u64::from(user));
            let mut events = Vec::new();
            act(&person, &Rhythm::new(), &mut rng, &mut events);
            assert!(events.iter().all(|event| event.at < WINDOW));
            events.sort_unstable();
            let new_session = |pair: &[Event]| pair[1].at - pair[0].at >= NEW_SESSION_GAP;
            assert_eq!(1 + events.windows(2).filter(|pair| new_session(pair)).count(), 12_000 / 8);
        }
    }

    #[test]
    fn sessions_that_do_not_fit_move_and_stay_apart() {
        let session = |membership, start, length| Session { events: 1, membership, start, length };
        let mut sessions = [
            session(0, WINDOW - 100 * MINUTE, 10 * MINUTE),
            session(1, WINDOW - 50 * MINUTE, 10 * MINUTE),
            session(0, WINDOW - 40 * MINUTE, 20 * MINUTE),
            session(0, WINDOW + 40 * MINUTE, 20 * MINUTE),
        ];
        keep_before(WINDOW, &mut sessions);
        let last = WINDOW - 1 - 20 * MINUTE;
        let third = last - NEW_SESSION_GAP - 20 * MINUTE;
        let first = third - NEW_SESSION_GAP - 10 * MINUTE;
        assert_eq!(sessions.map(|session| session.start), [first, WINDOW - 50 * MINUTE, third, last]);
    }
}
