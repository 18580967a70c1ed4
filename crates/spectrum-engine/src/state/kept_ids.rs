//! Ids that were published before there was a state: a state that begins takes them over from a sessions table, so that they
//! stay with their sessions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use spectrum_core::{Gap, IdScheme, Resolution, SessionDefinition, SessionId, SessionIndex, nanoseconds_per};

use super::error::StateError;
use super::manifest::Manifest;
use super::merge::Merged;
use crate::error::{EngineError, Result};
use crate::input::{Input, InputOptions};
use crate::labelled::label;
use crate::remedy::Remedy;
use crate::watch::Watch;

/// The table's columns besides the key.
const ID: &str = "session_id";
const START: &str = "started_at";

/// Ids that were published, each with the key and the first instant of the earliest session that had it.
pub(super) struct KeptIds {
    table: PathBuf,
    anchors: Vec<Anchor>,
    /// The columns of the key.
    columns: Vec<String>,
}

struct Anchor {
    /// In nanoseconds since 1970.
    instant: i128,
    id: SessionId,
    key: Vec<Option<String>>,
}

impl KeptIds {
    /// Reads them from a table of sessions. Sessions without an id have none to keep.
    ///
    /// # Errors
    /// When ids do not stay anyway, or the state has begun, or the table has other columns or ids.
    pub(super) fn read(
        table: &Path,
        definition: &SessionDefinition,
        before: Option<&Manifest>,
        threads: usize,
        watch: &Watch,
    ) -> Result<Self> {
        if !definition.id().needs_memory() {
            return Err(StateError::IdsFollowFromEvents(definition.id()).into());
        }
        if let Some(before) = before {
            return Err(StateError::HasBegun { runs: before.run }.into());
        }
        let columns = definition.key().to_vec();
        // Each id with each of its instants is a session by this definition.
        let by_id = SessionDefinition::builder().key(columns.iter().map(String::as_str).chain([ID]));
        let by_id =
            by_id.time(START).id(IdScheme::Start).gap(Gap::from_nanoseconds(1).unwrap_or(Gap::DEFAULT));
        let by_id = by_id.build().map_err(|_| EngineError::Mistake("a sessions table has no definition"))?;
        let name = table.display().to_string();
        let input = Input::find(&[name], &InputOptions::default(), watch)?;
        let labelled = label(&input, &by_id, &[], threads, watch).map_err(|error| {
            let no_table =
                Remedy::Other("name a table of sessions, which has session_id, the key and started_at");
            error.of_other_column(ID, no_table.clone()).of_other_column(START, no_table)
        })?;
        let sessions = &labelled.resolution.sessions;
        let per_unit = i128::from(nanoseconds_per(sessions.unit()));
        let mut anchors = Vec::with_capacity(sessions.len());
        for session in sessions.all() {
            let Some(text) = sessions.key_text(session, columns.len()) else { continue };
            let id = SessionId::from_hex(&text);
            let id = id.ok_or_else(|| StateError::NotAnId { table: table.to_path_buf(), text })?;
            let key = (0..columns.len()).map(|column| sessions.key_text(session, column)).collect();
            anchors.push(Anchor { instant: i128::from(sessions.start(session)) * per_unit, id, key });
        }
        anchors.sort_unstable_by(|a, b| (a.instant, a.id, &a.key).cmp(&(b.instant, b.id, &b.key)));
        // One that several sessions share stays with the earliest.
        let mut seen = std::collections::HashSet::new();
        anchors.retain(|anchor| seen.insert(*anchor.id.as_bytes()));
        Ok(Self { table: table.to_path_buf(), anchors, columns })
    }

    /// Gives sessions these ids: each that of the earliest that lies in it; the others lead to it. Returns how many were kept.
    ///
    /// # Errors
    /// When one lies in no session, because it would be lost.
    pub(super) fn give(self, resolution: &mut Resolution, merged: &mut Merged) -> Result<u64> {
        let sessions = &resolution.sessions;
        let per_unit = i128::from(nanoseconds_per(sessions.unit()));
        let mut of_key: HashMap<Vec<Option<String>>, Vec<SessionIndex>> = HashMap::new();
        for session in sessions.all() {
            let key = (0..self.columns.len()).map(|column| sessions.key_text(session, column)).collect();
            of_key.entry(key).or_default().push(session);
        }
        let find = |anchor: &Anchor| {
            let holds = |session: &&SessionIndex| {
                let span = i128::from(sessions.start(**session))..=i128::from(sessions.end(**session));
                (span.start() * per_unit..=span.end() * per_unit).contains(&anchor.instant)
            };
            of_key.get(&anchor.key)?.iter().find(holds).copied()
        };
        let places: Vec<Option<SessionIndex>> = self.anchors.iter().map(find).collect();
        if let Some(first) = places.iter().position(Option::is_none) {
            let key = self.columns.iter().zip(&self.anchors[first].key);
            let key = key.map(|(column, value)| match value {
                Some(value) => format!("{column} {value}"),
                None => format!("{column} NULL"),
            });
            return Err(StateError::KeptOfNoEvent {
                table: self.table,
                ids: places.iter().filter(|place| place.is_none()).count() as u64,
                first: format!("{} of {}", self.anchors[first].id, key.collect::<Vec<_>>().join(", ")),
            }
            .into());
        }
        let mut founder: HashMap<usize, SessionId> = HashMap::new();
        for (anchor, session) in self.anchors.iter().zip(places.into_iter().flatten()) {
            match founder.get(&session.index()) {
                Some(now) => merged.aliases.push((anchor.id, *now)),
                None => {
                    founder.insert(session.index(), anchor.id);
                    resolution.sessions.keep_id(session, anchor.id);
                    let instant = anchor.instant.div_euclid(per_unit);
                    merged.founded[session.index()] = (0, i64::try_from(instant).unwrap_or(i64::MAX));
                }
            }
        }
        Ok(self.anchors.len() as u64)
    }
}
