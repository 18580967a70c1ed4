//! The sessions of all keys, as columns.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use arrow_schema::TimeUnit;

use crate::collisions::has_one_width;
use crate::column_codes::ColumnCodes;
use crate::id_scheme::SessionId;
use crate::key_kind::KeyKind;
use crate::key_table::KeyTable;
use crate::key_text::write_text;
use crate::moments::{Beginning, LeftOutMoments};
use crate::numbering::number;
use crate::open_sessions::Asked;
use crate::rule::{CountedRule, Reason, Reasons, ValueChange};

/// A session's place in [`Sessions`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct SessionIndex(pub(crate) u32);

impl SessionIndex {
    pub(crate) fn at(place: u32) -> Self {
        Self(place)
    }

    /// The place as a number from zero, less than [`Sessions::len`].
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every session of every key. A key's sessions stand together, sorted by time; which key comes first depends
/// on the order of the input, so [`Self::in_order`] is there for output.
#[derive(Debug)]
pub struct Sessions {
    pub(crate) unit: TimeUnit,
    pub(crate) keys: KeyTable,
    /// The index of each key's first session, and one past the last session at the end.
    pub(crate) first_of_key: Vec<u32>,
    pub(crate) key: Vec<u32>,
    pub(crate) start: Vec<i64>,
    pub(crate) end: Vec<i64>,
    pub(crate) events: Vec<u64>,
    pub(crate) id: Vec<SessionId>,
    /// Keys whose ids are NULL.
    pub(crate) null_ids: Vec<bool>,
    /// How many sessions each key has had before these; empty where none of them had any.
    pub(crate) before: Vec<u64>,
    pub(crate) reasons: SessionReasons,
    /// What is known of the time that was asked about.
    pub(crate) asked: Option<Asked>,
}

/// Why sessions begin.
#[derive(Debug)]
pub(crate) enum SessionReasons {
    /// Under a rule of instants it follows from where sessions begin and end.
    OfInstants(CountedRule),
    /// One for every session; and, where it was asked for, all that was true for those and what is left out.
    Kept { first: Vec<Reason>, all: BTreeMap<u32, Beginning>, left_out: LeftOutMoments },
}

/// A moment that belongs to no session, although its events take part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The latest session of its key until then, and what had ended it; none where none had begun.
    pub after: Option<(SessionIndex, Reason)>,
}

impl Sessions {
    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// All sessions, key by key and sorted by time within a key.
    pub fn all(&self) -> impl ExactSizeIterator<Item = SessionIndex> + use<> {
        (0..number(self.len())).map(SessionIndex)
    }

    /// The session of the same key before this one, unless it is one of those before all that are here.
    pub fn before(&self, session: SessionIndex) -> Option<SessionIndex> {
        let first = self.first_of_key[self.key[session.index()] as usize];
        (session.0 > first).then(|| SessionIndex(session.0 - 1))
    }

    /// The session of the same key after this one.
    pub fn after(&self, session: SessionIndex) -> Option<SessionIndex> {
        let end = self.first_of_key[self.key[session.index()] as usize + 1];
        (session.0 + 1 < end).then(|| SessionIndex(session.0 + 1))
    }

    /// How many sessions the key of this one has.
    pub fn of_its_key(&self, session: SessionIndex) -> u64 {
        let key = self.key[session.index()] as usize;
        u64::from(self.first_of_key[key + 1] - self.first_of_key[key])
    }

    /// How many keys have a session.
    pub fn keys(&self) -> usize {
        self.first_of_key.windows(2).filter(|pair| pair[0] < pair[1]).count()
    }

    /// The unit of starts and ends.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// The session's id; `None` where the scheme yields NULL.
    #[inline]
    pub fn id(&self, session: SessionIndex) -> Option<SessionId> {
        let at = session.index();
        (!self.null_ids[self.key[at] as usize]).then(|| self.id[at])
    }

    /// Whether any session's id is NULL.
    pub fn has_null_ids(&self) -> bool {
        self.null_ids.contains(&true)
    }

    /// The session's number among those of its key, from 1.
    #[inline]
    pub fn number(&self, session: SessionIndex) -> u64 {
        let key = self.key[session.index()] as usize;
        let before = self.before.get(key).copied().unwrap_or_default();
        before + u64::from(session.0 - self.first_of_key[key]) + 1
    }

    /// The first instant, in [`Self::unit`]s.
    pub fn start(&self, session: SessionIndex) -> i64 {
        self.start[session.index()]
    }

    /// The last instant, in [`Self::unit`]s.
    pub fn end(&self, session: SessionIndex) -> i64 {
        self.end[session.index()]
    }

    /// Why the session begins where it does.
    pub fn started_by(&self, session: SessionIndex) -> Reason {
        match (&self.reasons, self.before(session)) {
            (_, None) => Reason::First,
            (SessionReasons::Kept { first, .. }, _) => first[session.index()],
            (SessionReasons::OfInstants(rule), Some(before)) => {
                rule.reason(self.end(before), self.start(session))
            }
        }
    }

    /// What ended the session, which is why the next of its key began; `None` where there is none.
    pub fn ended_by(&self, session: SessionIndex) -> Option<Reason> {
        self.after(session).map(|next| self.started_by(next))
    }

    /// Everything that was true when the session began, [`Self::started_by`] among it. Where events had to be looked at it is
    /// that alone, unless a labeller kept more ([`crate::Labeller::keep_beginnings`]).
    pub fn reasons(&self, session: SessionIndex) -> Reasons {
        let mut reasons = match (&self.reasons, self.before(session)) {
            (SessionReasons::Kept { all, .. }, _) => {
                all.get(&session.0).map_or_else(Reasons::default, |beginning| beginning.reasons)
            }
            (SessionReasons::OfInstants(rule), Some(before)) => {
                rule.reasons(self.end(before), self.start(session))
            }
            (SessionReasons::OfInstants(_), None) => Reasons::default(),
        };
        reasons.add_if(true, self.started_by(session));
        reasons
    }

    /// How the columns of `split_on` changed when the session began, if that is among its reasons and was kept.
    pub fn changes(&self, session: SessionIndex) -> &[ValueChange] {
        match &self.reasons {
            SessionReasons::Kept { all, .. } => {
                all.get(&session.0).map_or(&[], |beginning| &beginning.changes)
            }
            SessionReasons::OfInstants(_) => &[],
        }
    }

    /// Why the moment of a key, whose columns have these texts, belongs to no session. `None` if it belongs to one, and where
    /// no labeller kept it ([`crate::Labeller::keep_beginnings`]). Looks through all keys.
    pub fn left_out(&self, key: &[Option<String>], instant: i64) -> Option<LeftOut> {
        let SessionReasons::Kept { left_out, .. } = &self.reasons else { return None };
        let mut codes = vec![0; self.keys.columns().len()];
        let is_it = |at: &u32| {
            self.keys.codes(*at, &mut codes);
            let columns = self.keys.columns().iter().zip(&codes).zip(key);
            columns.into_iter().all(|((column, code), wanted)| text_of(column, *code) == *wanted)
        };
        let key = (0..number(self.keys.len())).find(is_it)?;
        let ended_by = left_out.get(&(key, instant))?;
        let of_key = self.first_of_key[key as usize]..self.first_of_key[key as usize + 1];
        let latest = of_key.rev().find(|session| self.start[*session as usize] <= instant);
        Some(LeftOut { after: latest.map(SessionIndex).zip(*ended_by) })
    }

    /// How many events the session has.
    pub fn events(&self, session: SessionIndex) -> u64 {
        self.events[session.index()]
    }

    /// The text of one of the key's columns; `None` for NULL.
    pub fn key_text(&self, session: SessionIndex, column: usize) -> Option<String> {
        text_of(&self.keys.columns()[column], self.key_codes(session)[column])
    }

    /// One of the key's columns for the given sessions: `Utf8`, `Int64`, `UInt64`, `Boolean` or
    /// `FixedSizeBinary(16)`, and `Utf8` throughout NULL when the column never had a type.
    pub fn key_column(&self, column: usize, sessions: &[SessionIndex]) -> ArrayRef {
        let mut codes = vec![0; self.keys.columns().len()];
        let codes = sessions.iter().map(|session| {
            self.keys.codes(self.key[session.index()], &mut codes);
            codes[column]
        });
        self.keys.columns()[column].array(codes)
    }

    /// Gives a session the id that it had before.
    pub fn keep_id(&mut self, session: SessionIndex, id: SessionId) {
        self.id[session.index()] = id;
    }

    /// Whether sessions of different keys can have the same text under [`crate::IdScheme::Sequence`]: unless every key column
    /// has texts of one width only.
    pub fn could_share_ids(&self) -> bool {
        !self.keys.columns().iter().all(has_one_width)
    }

    /// All keys, one array per column as in [`Self::key_column`], and how many sessions each has had in all.
    pub fn totals(&self) -> (Vec<ArrayRef>, Vec<u64>) {
        let keys = 0..number(self.keys.len());
        let mut codes = vec![0; self.keys.columns().len()];
        let columns = self.keys.columns().iter().enumerate().map(|(at, column)| {
            column.array(keys.clone().map(|key| {
                self.keys.codes(key, &mut codes);
                codes[at]
            }))
        });
        let columns = columns.collect();
        let here = self.first_of_key.windows(2).map(|pair| u64::from(pair[1] - pair[0]));
        let before = self.before.iter().copied().chain(std::iter::repeat(0));
        (columns, here.zip(before).map(|(here, before)| here + before).collect())
    }

    /// What one of the key's columns holds; `None` when no column with a type was seen.
    pub fn key_kind(&self, column: usize) -> Option<KeyKind> {
        self.keys.columns()[column].kind()
    }

    /// How many events have a key whose session id is NULL.
    pub fn null_id_events(&self) -> u64 {
        self.key
            .iter()
            .zip(&self.events)
            .filter(|(key, _)| self.null_ids[**key as usize])
            .map(|(_, n)| n)
            .sum()
    }

    /// How many events have a NULL in a key column.
    pub fn null_key_events(&self) -> u64 {
        let mut codes = vec![0; self.keys.columns().len()];
        let mut events = 0;
        for (key, sessions) in self.first_of_key.windows(2).enumerate() {
            self.keys.codes(number(key), &mut codes);
            if codes.contains(&crate::column_codes::NULL_CODE) {
                events += self.events[sessions[0] as usize..sessions[1] as usize].iter().sum::<u64>();
            }
        }
        events
    }

    /// The sessions by start, and those that start together by key: integers by value, text and uuids by
    /// byte, NULL last. The order does not depend on how the events came.
    pub fn in_order(&self) -> Vec<SessionIndex> {
        let ranks: Vec<Vec<u32>> = self.keys.columns().iter().map(ranks).collect();
        let rank_of_key: Vec<Vec<u32>> = (0..number(self.keys.len()))
            .map(|key| {
                let mut codes = vec![0; ranks.len()];
                self.keys.codes(key, &mut codes);
                codes.iter().zip(&ranks).map(|(code, ranks)| ranks[*code as usize]).collect()
            })
            .collect();
        let mut order: Vec<_> = self.all().collect();
        order.sort_unstable_by_key(|session| {
            (self.start(*session), &rank_of_key[self.key[session.index()] as usize])
        });
        order
    }

    fn key_codes(&self, session: SessionIndex) -> Vec<u32> {
        let mut codes = vec![0; self.keys.columns().len()];
        self.keys.codes(self.key[session.index()], &mut codes);
        codes
    }
}

/// The rank of every code of a column in the order of its values.
fn ranks(column: &ColumnCodes) -> Vec<u32> {
    let mut codes: Vec<u32> = (0..number(column.len())).collect();
    codes.sort_by(|a, b| column.compare(*a, *b));
    let mut ranks = vec![0; codes.len()];
    for (rank, code) in codes.iter().enumerate() {
        ranks[*code as usize] = number(rank);
    }
    ranks
}

/// The text of a code; `None` for NULL.
fn text_of(column: &ColumnCodes, code: u32) -> Option<String> {
    let mut text = Vec::new();
    write_text(column, code, &mut text).then(|| String::from_utf8_lossy(&text).into_owned())
}
