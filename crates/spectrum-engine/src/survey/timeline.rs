//! What happened to a key lately: its last sessions with the instants of their events.

use spectrum_core::{Reason, Sessions, nanoseconds_per};

use super::instants::Instants;
use super::keys::OfKey;
use crate::summary::day_of;

/// So many days with sessions are shown, the last ones.
const MOST_DAYS: usize = 14;

/// What happened to a key on its last days with events.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Timeline {
    /// The texts of its columns; `None` for NULL.
    pub key: Vec<Option<String>>,
    /// How many sessions it has in all.
    pub all_sessions: u64,
    /// The latest of them, in order.
    pub sessions: Vec<TimelineSession>,
}

/// A session with its events.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct TimelineSession {
    /// Its number among those of its key, from 1.
    pub number: u64,
    /// Its first instant.
    pub start: i64,
    /// Its last instant.
    pub end: i64,
    /// How many events it has.
    pub events: u64,
    /// Why it began.
    pub started_by: Reason,
    /// How long it began after the session before had its last event; `None` for the first.
    pub pause: Option<u64>,
    /// When its events happened, at most one instant per minute.
    pub instants: Vec<i64>,
}

pub(super) fn of(sessions: &Sessions, columns: usize, key: OfKey, instants: &Instants) -> Timeline {
    let all: Vec<_> = key.all(sessions).collect();
    let unit = sessions.unit();
    let minute = 60 * (1_000_000_000 / nanoseconds_per(unit)) as i64;
    let mut days: Vec<i64> = Vec::new();
    let mut shown = Vec::new();
    for session in all.into_iter().rev() {
        let mut of_session: Vec<i64> = Vec::new();
        for instant in instants.of(session).iter().rev() {
            let is_near =
                of_session.last().is_some_and(|later| later.div_euclid(minute) == instant.div_euclid(minute));
            if is_near {
                continue;
            }
            let day = day_of(*instant, unit);
            if days.last() != Some(&day) {
                if days.len() == MOST_DAYS {
                    break;
                }
                days.push(day);
            }
            of_session.push(*instant);
        }
        if of_session.is_empty() {
            break;
        }
        of_session.reverse();
        shown.push(TimelineSession {
            number: sessions.number(session),
            start: sessions.start(session),
            end: sessions.end(session),
            events: sessions.events(session),
            started_by: sessions.started_by(session),
            pause: sessions
                .before(session)
                .map(|before| sessions.start(session).abs_diff(sessions.end(before))),
            instants: of_session,
        });
    }
    shown.reverse();
    Timeline { key: key.texts(sessions, columns), all_sessions: key.sessions, sessions: shown }
}
