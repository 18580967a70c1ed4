//! Object stores and web servers as places of files: `s3://`, `gs://`, `az://`, `abfss://`, and `http(s)://` to read.
//!
//! [`Objects`] is a [`Store`] for all names: those of its schemes lead to servers, all others to the files of this machine.
//! Requests are made on one thread of its own, so that nobody who reads and writes knows of anything asynchronous.
//!
//! What is read is one version of an object: every request names its tag, and an object that is another by then is
//! [`Problem::Changed`]. What is written shows under its name when the run ends, in one step.

mod client;
mod listing;
mod place;
mod problem;
mod profile;
mod settings;
mod source;
mod upload;
mod wait;

use std::collections::HashMap;
use std::fs::File;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStoreExt};
use spectrum_store::{
    Kind, LocalFiles, Problem, Scheme, Sink, Source, Store, StoreError, StoreRemedy, Unnamed, Version, scheme,
};

use crate::client::Client;
use crate::place::{Place, Secrets};
pub use crate::settings::Settings;
use crate::source::Object;
use crate::upload::{Target, Uploading};
use crate::wait::Requests;
pub use crate::wait::{Counts, Stopped};

/// All places of files: this machine, and what the schemes of names lead to.
#[derive(Debug)]
pub struct Objects {
    settings: Mutex<Settings>,
    requests: Arc<Requests>,
    counts: Arc<Counts>,
    clients: Mutex<HashMap<String, Client>>,
    known: Mutex<Known>,
    secrets: Mutex<Secrets>,
    waiting: Arc<AtomicU64>,
}

/// What servers have said of objects, so that they are not asked twice.
#[derive(Debug, Default)]
struct Known {
    metas: HashMap<PathBuf, ObjectMeta>,
    /// Folders that were listed with everything in them.
    listed: Vec<PathBuf>,
    tables: HashMap<PathBuf, Option<&'static str>>,
    /// Files of web servers that can only be read from their beginning, copied.
    copies: HashMap<PathBuf, File>,
}

impl Objects {
    /// Whoever waits for an answer asks `stopped` whether to go on.
    pub fn new(stopped: Stopped) -> Self {
        Self {
            settings: Mutex::default(),
            requests: Arc::new(Requests::new(stopped)),
            counts: Arc::default(),
            clients: Mutex::default(),
            known: Mutex::default(),
            secrets: Mutex::default(),
            waiting: Arc::default(),
        }
    }

    /// Sets how servers are asked from here on; nobody has been asked before.
    pub fn set(&self, settings: Settings) {
        *lock(&self.settings) = settings;
    }

    /// The name by which a place is known from here on: the same, unless something secret stands in it.
    pub fn named(&self, name: &str) -> String {
        lock(&self.secrets).hide(name)
    }

    /// What was read so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn client(&self, place: &Place) -> io::Result<Client> {
        if let Some(client) = lock(&self.clients).get(&place.root) {
            return Ok(client.clone());
        }
        let secrets = lock(&self.secrets);
        let whole = secrets.whole(&place.root).unwrap_or(&place.root).to_owned();
        let has_secret = place.scheme != Scheme::Http && secrets.is_hidden_below(&place.root);
        drop(secrets);
        if has_secret {
            let words = "a name is no place for credentials, which others see in the list of processes";
            return Err(StoreError::new(Problem::Refused, words)
                .or(StoreRemedy::Say("set them in the environment".into()))
                .into());
        }
        let settings = lock(&self.settings).clone();
        // Some clients look for the thread as they are made.
        let _within = self.requests.enter()?;
        let client = Client::new(place, &whole, &settings)?;
        lock(&self.clients).insert(place.root.clone(), client.clone());
        Ok(client)
    }

    /// Asks a store and waits for the answer.
    fn ask<T: Send + 'static, F>(&self, client: &Client, request: impl FnOnce(Client) -> F) -> io::Result<T>
    where
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        self.requests.answer(request(client.clone()))
    }

    /// What a name of this kind stands for, and remembers what the server says.
    fn kind_elsewhere(&self, path: &Path) -> io::Result<Kind> {
        let place = Place::of(path)?;
        let client = self.client(&place)?;
        if place.scheme == Scheme::Http {
            return self.kind_on_the_web(path, &client);
        }
        let is_folder = path.as_os_str().to_string_lossy().ends_with('/') || place.key.is_empty();
        if !is_folder && let Some(meta) = self.head(&place, &client)? {
            lock(&self.known).metas.insert(path.to_path_buf(), meta);
            return Ok(Kind::File);
        }
        let found = self.ask(&client, |client| async move { listing::is_folder(&client, &place).await })?;
        Ok(if found { Kind::Folder } else { Kind::Nothing })
    }

    fn head(&self, place: &Place, client: &Client) -> io::Result<Option<ObjectMeta>> {
        let key = place.key()?;
        let found = self.ask(client, |client| async move {
            let failure = match client.store.head(&key).await {
                Ok(meta) => return Ok(meta),
                Err(failure) => failure,
            };
            let problem = client.problem(&failure);
            if error_kind(&problem) != Some(Problem::Refused) && error_kind(&problem) != Some(Problem::Other)
            {
                return Err(problem);
            }
            // An answer to HEAD has no words, in which a server would say what it has against the request.
            let first = GetOptions { range: Some(GetRange::Bounded(0..1)), ..GetOptions::default() };
            match client.store.get_opts(&key, first).await {
                Err(failure) => Err(client.problem(&failure)),
                Ok(_) => Err(problem),
            }
        });
        match found {
            Ok(meta) => Ok(Some(meta)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A first byte tells the length, and whether there are ranges. A signature for reading is none for asking.
    fn kind_on_the_web(&self, path: &Path, client: &Client) -> io::Result<Kind> {
        let key = object_store::path::Path::default();
        let first = GetOptions { range: Some(GetRange::Bounded(0..1)), ..GetOptions::default() };
        let found = self.ask(client, |client| async move {
            match client.store.get_opts(&key, first).await {
                Ok(found) => Ok(Some(found.meta)),
                Err(object_store::Error::NotSupported { .. }) => Ok(None),
                Err(failure) => {
                    // An empty file has no first byte.
                    match client.store.head(&key).await {
                        Ok(meta) if meta.size == 0 => Ok(Some(meta)),
                        _ => Err(client.problem(&failure)),
                    }
                }
            }
        });
        let meta = match found {
            Ok(Some(meta)) => meta,
            Ok(None) => self.copy(path, client)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kind::Nothing),
            Err(error) => return Err(error),
        };
        lock(&self.known).metas.insert(path.to_path_buf(), meta);
        Ok(Kind::File)
    }

    /// Copies a file that cannot be read in ranges: a run reads it twice.
    fn copy(&self, path: &Path, client: &Client) -> io::Result<ObjectMeta> {
        let mut file = tempfile::tempfile()?;
        let copy = file.try_clone()?;
        let counts = Arc::clone(&self.counts);
        let meta = self.ask(client, |client| async move {
            let problem = |failure| client.problem(&failure);
            let key = object_store::path::Path::default();
            let found = client.store.get_opts(&key, GetOptions::default()).await.map_err(problem)?;
            let mut meta = found.meta.clone();
            let mut bytes = found.into_stream();
            meta.size = 0;
            while let Some(piece) = bytes.next().await {
                let piece = piece.map_err(problem)?;
                file.write_all(&piece)?;
                meta.size += piece.len() as u64;
            }
            counts.read(meta.size);
            Ok(meta)
        })?;
        lock(&self.known).copies.insert(path.to_path_buf(), copy);
        Ok(meta)
    }

    /// What is known of an object, or what the server says of it.
    fn meta(&self, path: &Path) -> io::Result<ObjectMeta> {
        if let Some(meta) = lock(&self.known).metas.get(path) {
            return Ok(meta.clone());
        }
        match self.kind_elsewhere(path)? {
            Kind::File => {}
            _ => return Err(StoreError::new(Problem::Missing, "it is not there").into()),
        }
        let known = lock(&self.known);
        known.metas.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Store for Objects {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        if self.is_elsewhere(path) { self.kind_elsewhere(path) } else { LocalFiles.kind(path) }
    }

    fn real_name(&self, path: &Path) -> io::Result<PathBuf> {
        if !self.is_elsewhere(path) {
            return LocalFiles.real_name(path);
        }
        let place = Place::of(path)?;
        let own_account = if place.scheme == Scheme::Azure { client::azure::own_account() } else { None };
        Ok(PathBuf::from(place.real_name(own_account.as_deref())))
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        if self.is_elsewhere(path) { Ok(self.meta(path)?.size) } else { LocalFiles.length(path) }
    }

    fn is_settled(&self, path: &Path, settle: Duration) -> bool {
        if !self.is_elsewhere(path) {
            return LocalFiles.is_settled(path, settle);
        }
        // An object is complete when it shows.
        true
    }

    fn list(&self, folder: &Path, beginning: &str, depth: usize) -> io::Result<Vec<PathBuf>> {
        if !self.is_elsewhere(folder) {
            return LocalFiles.list(folder, beginning, depth);
        }
        let place = Place::of(folder)?;
        let client = self.client(&place)?;
        let beginning = beginning.to_owned();
        let is_whole = beginning.is_empty() && depth == usize::MAX;
        let found =
            self.ask(&client, |client| async move { listing::list(&client, place, beginning, depth).await })?;
        let mut known = lock(&self.known);
        known.metas.retain(|path, _| !path.starts_with(folder));
        known.tables.retain(|path, _| !path.starts_with(folder));
        known.tables.extend(found.tables.into_iter().map(|(folder, kind)| (folder, Some(kind))));
        if is_whole {
            known.listed.push(folder.to_path_buf());
        }
        let paths = found.objects.iter().map(|(path, _)| path.clone()).collect();
        known.metas.extend(found.objects);
        Ok(paths)
    }

    fn table_kind(&self, folder: &Path) -> Option<&'static str> {
        if !self.is_elsewhere(folder) {
            return LocalFiles.table_kind(folder);
        }
        {
            let known = lock(&self.known);
            if let Some(kind) = known.tables.get(folder) {
                return *kind;
            }
            if known.listed.iter().any(|listed| folder.starts_with(listed)) {
                return None;
            }
        }
        let place = Place::of(folder).ok().filter(|place| place.scheme != Scheme::Http)?;
        let client = self.client(&place).ok()?;
        let has = |name: &str| {
            let key = if place.key.is_empty() { name.to_owned() } else { format!("{}/{name}", place.key) };
            let below = Place { key, ..place.clone() };
            self.ask(&client, |client| async move { listing::is_folder(&client, &below).await })
                .unwrap_or(false)
        };
        let kind = if has("_delta_log") {
            Some("Delta")
        } else if has(".hoodie") {
            Some("Hudi")
        } else {
            let below = Place {
                key: format!("{}/metadata", place.key).trim_start_matches('/').to_owned(),
                ..place.clone()
            };
            let found = self
                .ask(&client, |client| async move { listing::list(&client, below, String::new(), 1).await });
            let is_iceberg = found.is_ok_and(|found| {
                found.objects.iter().any(|(path, _)| path.to_string_lossy().ends_with(".metadata.json"))
            });
            is_iceberg.then_some("Iceberg")
        };
        lock(&self.known).tables.insert(folder.to_path_buf(), kind);
        kind
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        if !self.is_elsewhere(path) {
            return LocalFiles.open(path);
        }
        let meta = self.meta(path)?;
        if let Some(copy) = lock(&self.known).copies.get(path) {
            return Unnamed(copy.try_clone()?).open(path);
        }
        let place = Place::of(path)?;
        let client = self.client(&place)?;
        let key = if place.scheme == Scheme::Http { Default::default() } else { place.key()? };
        let (requests, counts) = (Arc::clone(&self.requests), Arc::clone(&self.counts));
        Ok(Arc::new(Object::new(client, key, &meta, requests, counts)))
    }

    fn version(&self, path: &Path) -> io::Result<Version> {
        if !self.is_elsewhere(path) {
            return LocalFiles.version(path);
        }
        let meta = self.meta(path)?;
        let is_copy = lock(&self.known).copies.contains_key(path);
        // Nothing but this version is read, or it is asked for anew.
        if meta.e_tag.is_none() && !is_copy {
            self.kind_elsewhere(path)?;
            return Ok(source::version(&self.meta(path)?));
        }
        Ok(source::version(&meta))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        if self.is_elsewhere(path) { Ok(()) } else { LocalFiles.create_folder(path) }
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        if self.is_elsewhere(path) { Ok(()) } else { LocalFiles.remove_folder(path) }
    }

    fn create(&self, path: &Path, replaces: bool) -> io::Result<Box<dyn Sink>> {
        if !self.is_elsewhere(path) {
            return LocalFiles.create(path, replaces);
        }
        let place = Place::of(path)?;
        let target = Target {
            client: self.client(&place)?,
            key: place.key()?,
            name: path.to_path_buf(),
            replaces,
            requests: Arc::clone(&self.requests),
            waiting: Arc::clone(&self.waiting),
        };
        Ok(Box::new(Uploading::new(target)?))
    }

    fn left_behind(&self, names: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
        let (elsewhere, local): (Vec<PathBuf>, Vec<PathBuf>) =
            names.iter().cloned().partition(|name| self.is_elsewhere(name));
        let mut left = LocalFiles.left_behind(&local)?;
        for name in elsewhere {
            let place = Place::of(&name)?;
            let client = self.client(&place)?;
            let Some(s3) = client.s3.clone() else { continue };
            let key = place.key.clone();
            let found = self.requests.answer(async move { s3.unfinished(&key).await })?;
            left.extend(found.into_iter().map(|upload| {
                PathBuf::from(format!("{}{BEGUN}{}, {}", name.display(), upload.begun, upload.id))
            }));
        }
        Ok(left)
    }

    fn remove_left_behind(&self, left: &Path) -> io::Result<()> {
        let shown = left.to_string_lossy();
        let Some((name, (_, id))) =
            shown.split_once(BEGUN).and_then(|(name, rest)| Some((name, rest.split_once(", ")?)))
        else {
            return LocalFiles.remove_left_behind(left);
        };
        let place = Place::of(Path::new(name))?;
        let (key, id) = (place.key()?, id.to_owned());
        self.ask(&self.client(&place)?, |client| async move {
            let Some(parts) = &client.parts else { return Ok(()) };
            parts.abort_multipart(&key, &id).await.map_err(|failure| client.problem(&failure))
        })
    }

    fn is_elsewhere(&self, path: &Path) -> bool {
        scheme(path).is_some()
    }
}

fn error_kind(error: &io::Error) -> Option<Problem> {
    StoreError::of(error).map(|error| error.problem)
}

/// Stands between an object's name and an upload to it that was begun and never ended.
const BEGUN: &str = " from an upload begun ";

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
