//! Whether a state is what its files give.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use spectrum_core::{IdScheme, SessionDefinition, SessionId, SessionIndex};

use super::error::StateError;
use super::past::Past;
use super::read::State;
use super::seen::Seen;
use super::taken::{Known, TakenFiles};
use super::{aliases, attributes};
use crate::error::{EngineError, Result};
use crate::input::Input;
use crate::labelled::label;
use crate::told::Telling;
use crate::watch::Watch;

/// How a state compares with the sessions of files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct StateVerified {
    /// Sessions of the files.
    pub sessions: u64,
    /// Sessions that the state has not, or otherwise.
    pub missing: u64,
    /// Sessions of the state that the files do not give.
    pub unexpected: u64,
    /// Sessions whose id is not the one that the scheme gives, or under `persistent` that share one.
    pub wrong_ids: u64,
    /// Sessions of which the summary tells something else.
    pub wrong_values: u64,
    /// Ids that lead to no session.
    pub lost_aliases: u64,
    /// Files that have other bytes than when they were taken, and the runs that took them.
    pub changed: Vec<(PathBuf, u64)>,
    /// Files that were taken and are not among those that were given.
    pub not_given: Vec<PathBuf>,
    /// Files that were given and never taken.
    pub not_taken: Vec<PathBuf>,
    /// Events that were left out when the files were taken, and may be looked at here.
    pub left_out: u64,
}

impl StateVerified {
    /// Whether all is as it should be.
    pub fn is_right(&self) -> bool {
        self.missing + self.unexpected + self.wrong_ids + self.wrong_values + self.lost_aliases == 0
    }

    /// Says which files are not those that were taken.
    fn compare_files(&mut self, input: &Input, files: &TakenFiles, watch: &Watch) -> Result<()> {
        let mut given = HashSet::new();
        for file in &input.files {
            let own = file.store.real_name(&file.path).map_err(EngineError::reading(&file.name))?;
            let same_name = files.all.iter().find(|taken| taken.path == own);
            match files.look_up(file, &mut Seen::default(), watch) {
                Ok(Known::Taken(path)) if path == own || same_name.is_none() => {
                    given.insert(path);
                    continue;
                }
                Ok(_) | Err(EngineError::State(StateError::FileChanged { .. })) => {}
                Err(error) => return Err(error),
            }
            match same_name {
                Some(taken) => self.changed.push((own.clone(), taken.run)),
                None => self.not_taken.push(own.clone()),
            }
            given.insert(own);
        }
        let paths = files.all.iter().map(|taken| &taken.path);
        self.not_given = paths.filter(|path| !given.contains(*path)).cloned().collect();
        Ok(())
    }
}

impl State {
    /// Compares the state with the sessions of the files that it has taken, computed anew.
    ///
    /// # Errors
    /// When the state is damaged, or the files cannot be read.
    pub fn verify(&self, input: &Input, threads: usize, watch: &Watch) -> Result<StateVerified> {
        let by_start = self.named_by(IdScheme::Start)?;
        let telling = Telling::of(input, &self.definition)?;
        let telling = telling.as_ref().map(Telling::open).transpose()?;
        let labelled = label(input, &by_start, &[], threads, watch)?;
        let told = match telling {
            Some(telling) => {
                attributes::of_all(&self.definition, telling.measure(&labelled, threads, watch)?)?
            }
            None => Vec::new(),
        };
        let found = &labelled.resolution.sessions;
        let mut verified = StateVerified { sessions: found.len() as u64, ..StateVerified::default() };
        watch.begin("reading the state", 0);
        let (kept, past) = self.all_by(IdScheme::Start)?;
        let kept = &kept.resolution.sessions;
        let mut rows = vec![0; kept.len()];
        past.places.iter().enumerate().for_each(|(row, session)| rows[*session] = row);
        let per_unit = |unit| i128::from(spectrum_core::nanoseconds_per(unit));
        let (of_found, of_kept) = (per_unit(found.unit()), per_unit(kept.unit()));
        let mut expected: HashMap<SessionId, SessionIndex> = HashMap::with_capacity(found.len());
        for session in found.all() {
            expected.extend(found.id(session).map(|id| (id, session)));
        }
        for session in kept.all() {
            let Some(was) = kept.id(session).and_then(|id| expected.remove(&id)) else {
                verified.unexpected += 1;
                continue;
            };
            let is = (i128::from(kept.end(session)) * of_kept, kept.events(session));
            if is != (i128::from(found.end(was)) * of_found, found.events(was)) {
                verified.unexpected += 1;
                verified.missing += 1;
                continue;
            }
            let row = rows[session.index()];
            let differ =
                told.iter().zip(&past.told).any(|(told, kept)| !told.is_same(was.index(), kept, row));
            verified.wrong_values += u64::from(differ);
        }
        verified.missing += expected.len() as u64;
        (verified.wrong_ids, verified.lost_aliases) = self.check_ids(&past)?;
        let files = TakenFiles::read(&self.folder, self.manifest.files.as_ref())?;
        verified.compare_files(input, &files, watch)?;
        verified.left_out = files.all.iter().map(|file| file.left_out).sum();
        Ok(verified)
    }

    /// How many sessions have an id that they should not have, and how many ids lead nowhere.
    fn check_ids(&self, past: &Past) -> Result<(u64, u64)> {
        let scheme = self.definition.id();
        if !scheme.needs_memory() {
            let (named, _) = self.all_by(scheme)?;
            let sessions = &named.resolution.sessions;
            let mut ids: HashMap<Option<SessionId>, i64> = HashMap::new();
            for session in sessions.all() {
                *ids.entry(sessions.id(session)).or_default() += 1;
            }
            for id in &past.id {
                *ids.entry(*id).or_default() -= 1;
            }
            let differing: u64 = ids.values().filter(|count| **count > 0).map(|count| *count as u64).sum();
            return Ok((differing, 0));
        }
        let mut ids: Vec<SessionId> = past.id.iter().copied().flatten().collect();
        let without = past.len() - ids.len();
        ids.sort_unstable();
        let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]).count();
        let aliases = aliases::read(&self.folder, self.manifest.aliases.as_ref())?;
        let is_lost = |alias: &&aliases::Alias| {
            ids.binary_search(&alias.now).is_err() || ids.binary_search(&alias.id).is_ok()
        };
        let lost = aliases.iter().filter(is_lost).count();
        Ok(((without + twice) as u64, lost as u64))
    }

    fn named_by(&self, scheme: IdScheme) -> Result<SessionDefinition> {
        let definition = self.definition.to_builder().id(scheme).build();
        Ok(definition.map_err(|error| StateError::damaged(self.folder.file("state.json"), error))?)
    }
}
