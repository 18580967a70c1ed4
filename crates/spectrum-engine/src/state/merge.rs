//! What became of past sessions, and whose ids sessions have.

use spectrum_core::{Label, Resolution, SessionId, SessionIndex};

use super::attributes::Values;
use super::past::Past;

/// How many sessions a run made and changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct SessionChanges {
    /// Sessions of new events alone.
    pub new: u64,
    /// Sessions that got new events and are what one session was.
    pub extended: u64,
    /// Sessions that are what several sessions were.
    pub merged: u64,
    /// Sessions without new events that have another id, because others came in before them.
    pub renumbered: u64,
}

/// What became of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    New,
    Extended,
    Merged,
    Renumbered,
    Unchanged,
}

impl Fate {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Extended => "extended",
            Self::Merged => "merged",
            Self::Renumbered => "renumbered",
            Self::Unchanged => "unchanged",
        }
    }
}

/// All sessions that were looked at, and the past ones that each of them was.
pub(super) struct Merged {
    /// The rows of the past, by the session that they are a part of now.
    rows: Vec<u32>,
    /// Where each session's rows begin, and the end of all.
    first: Vec<usize>,
    /// Who founded each session, where ids stay: a run and an instant.
    pub(super) founded: Vec<(u64, i64)>,
    /// Ids that became those of other sessions.
    pub(super) aliases: Vec<(SessionId, SessionId)>,
    /// What the summary tells of each session besides, a column after another.
    pub(super) told: Vec<Values>,
}

impl Merged {
    /// Looks where the labels of the past, which are those of `labeller`, lead. Where ids stay, sessions keep theirs, and those
    /// that are new are founded by `run`. `None` when a label leads nowhere.
    pub(super) fn of(
        resolution: &mut Resolution,
        labeller: usize,
        labels: &[Label],
        past: &Past,
        keeps_ids: Option<u64>,
    ) -> Option<Self> {
        let of_row: Vec<usize> = labels
            .iter()
            .map(|label| resolution.session(labeller, *label).map(SessionIndex::index))
            .collect::<Option<_>>()?;
        let sessions = &resolution.sessions;
        let mut first = vec![0; sessions.len() + 1];
        for session in &of_row {
            first[session + 1] += 1;
        }
        for session in 0..sessions.len() {
            first[session + 1] += first[session];
        }
        let mut next = first.clone();
        let mut rows = vec![0; of_row.len()];
        for (row, session) in of_row.iter().enumerate() {
            rows[next[*session]] = u32::try_from(row).ok()?;
            next[*session] += 1;
        }
        let mut merged = Self { rows, first, founded: Vec::new(), aliases: Vec::new(), told: Vec::new() };
        if let Some(run) = keeps_ids {
            merged.keep_ids(resolution, past, run)?;
        }
        Some(merged)
    }

    /// Gives every session the id of whichever of the sessions that it was had been founded first.
    fn keep_ids(&mut self, resolution: &mut Resolution, past: &Past, run: u64) -> Option<()> {
        let (mut founded, mut aliases) = (Vec::with_capacity(resolution.sessions.len()), Vec::new());
        for session in resolution.sessions.all() {
            let rows = || self.rows(session).iter().map(|row| *row as usize);
            let Some(founder) = rows().min_by_key(|row| (past.founded.get(*row), past.id[*row])) else {
                founded.push((run, resolution.sessions.start(session)));
                continue;
            };
            founded.push(*past.founded.get(founder)?);
            let id = past.id[founder]?;
            resolution.sessions.keep_id(session, id);
            let others = rows().filter_map(|row| past.id[row]).filter(|other| *other != id);
            aliases.extend(others.map(|other| (other, id)));
        }
        (self.founded, self.aliases) = (founded, aliases);
        Some(())
    }

    /// The rows of the past that are this session now.
    pub(super) fn rows(&self, session: SessionIndex) -> &[u32] {
        &self.rows[self.first[session.index()]..self.first[session.index() + 1]]
    }

    /// When past sessions were whose ids have become others, in the unit of instants.
    pub(super) fn renamed(&self, resolution: &Resolution, past: &Past) -> Vec<(i64, i64)> {
        let sessions = &resolution.sessions;
        let of_session = |session: SessionIndex| {
            let id = sessions.id(session);
            let rows = self.rows(session).iter().map(|row| *row as usize);
            rows.filter(move |row| past.id[*row] != id).map(|row| (past.start[row], past.end[row]))
        };
        sessions.all().flat_map(of_session).collect()
    }

    /// What became of a session.
    pub(super) fn fate(&self, session: SessionIndex, resolution: &Resolution, past: &Past) -> Fate {
        let sessions = &resolution.sessions;
        match self.rows(session) {
            [] => Fate::New,
            [row] => {
                let row = *row as usize;
                if sessions.events(session) != past.events[row] {
                    Fate::Extended
                } else if past.number.get(row).is_some_and(|number| *number != sessions.number(session)) {
                    Fate::Renumbered
                } else {
                    Fate::Unchanged
                }
            }
            _ => Fate::Merged,
        }
    }
}

impl SessionChanges {
    pub(super) fn count(&mut self, fate: Fate) {
        match fate {
            Fate::New => self.new += 1,
            Fate::Extended => self.extended += 1,
            Fate::Merged => self.merged += 1,
            Fate::Renumbered => self.renumbered += 1,
            Fate::Unchanged => {}
        }
    }
}
