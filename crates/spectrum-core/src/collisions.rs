//! Different sessions that share an id, which undelimited text allows: user 1, account 23, session 4 and user
//! 12, account 3, session 4 are both MD5('1234').

use std::fmt;

use crate::key_text::write_text;
use crate::numbering::number;
use crate::sessions::{SessionIndex, Sessions};

/// That ids collide, with an example.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collision {
    /// How many ids stand for more than one session.
    pub shared_ids: u64,
    /// The id of the example, the least of those shared.
    pub id: String,
    /// The two earliest sessions with that id: the key's texts and the session's number.
    pub example: [(Vec<String>, u64); 2],
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [(a_key, a_number), (b_key, b_number)] = &self.example;
        let ids = if self.shared_ids == 1 {
            "1 session id is"
        } else {
            &format!("{} session ids are", self.shared_ids)
        };
        write!(
            f,
            "{ids} shared by different sessions: ({}) session {a_number} and ({}) session {b_number} are both {}",
            a_key.join(", "),
            b_key.join(", "),
            self.id,
        )
    }
}

/// Looks for sessions that share an id. Cheap when every key column has texts of one width only, because
/// then the undelimited text can be taken apart again.
pub(crate) fn find_collision(sessions: &Sessions) -> Option<Collision> {
    if sessions.keys.columns().iter().all(has_one_width) {
        return None;
    }
    let named = sessions.all().filter(|session| sessions.id(*session).is_some());
    let mut by_id: Vec<SessionIndex> = named.collect();
    by_id.sort_unstable_by_key(|session| sessions.id[session.index()]);
    let shared: Vec<&[SessionIndex]> = by_id
        .chunk_by(|a, b| sessions.id[a.index()] == sessions.id[b.index()])
        .filter(|same| same.len() > 1)
        .collect();
    let least = shared.first()?;
    let mut members: Vec<_> =
        least.iter().map(|session| (sessions.start(*session), described(sessions, *session))).collect();
    members.sort();
    let mut members = members.into_iter().map(|(_, member)| member);
    Some(Collision {
        shared_ids: shared.len() as u64,
        id: sessions.id(least[0])?.to_string(),
        example: [members.next()?, members.next()?],
    })
}

fn described(sessions: &Sessions, session: SessionIndex) -> (Vec<String>, u64) {
    let columns = 0..sessions.keys.columns().len();
    let key = columns.map(|column| sessions.key_text(session, column).unwrap_or_default()).collect();
    (key, sessions.number(session))
}

pub(crate) fn has_one_width(column: &crate::column_codes::ColumnCodes) -> bool {
    let mut text = Vec::new();
    let mut width = None;
    (1..number(column.len())).all(|code| {
        write_text(column, code, &mut text);
        *width.get_or_insert(text.len()) == text.len()
    })
}
