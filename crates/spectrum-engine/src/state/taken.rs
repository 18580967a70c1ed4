//! Which files a state has taken.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::error::StateError;
use super::folder::Folder;
use super::leaves::counts;
use super::part::{Hashed, Part};
use super::seen::{Name, Seen};
use crate::error::{EngineError, Result};
use crate::input::InputFile;
use crate::watch::Watch;

/// A file whose events are in the state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Taken {
    /// Its full path.
    pub(super) path: PathBuf,
    /// Of its bytes, and of what the names of its folders tell.
    pub(super) md5: String,
    pub(super) bytes: u64,
    /// What shows, together with its path, that it is the same file still, without reading it.
    pub(super) version: String,
    /// Events that it gave.
    pub(super) events: u64,
    /// When the first of its sessions began and the last ended, in microseconds since 1970, as they were then.
    pub(super) span: Option<(i64, i64)>,
    pub(super) run: u64,
    /// When, in microseconds since 1970.
    pub(super) at: i64,
    /// Events that were left out: without a time or a key, or too late.
    pub(super) left_out: u64,
    /// Where its events went with their session ids.
    pub(super) output: Option<PathBuf>,
    /// How the output was written, as `rewrite.rs` says it.
    pub(super) form: String,
    /// Whether columns that folders name were written into it.
    pub(super) with_partition: bool,
    /// Whether ids of its events have become others since the output was written.
    pub(super) outdated: bool,
}

/// What the list of files tells of each.
const COLUMNS: usize = 14;

/// All files that were taken, and how to find one.
#[derive(Clone, Debug, Default)]
pub(super) struct TakenFiles {
    pub(super) all: Vec<Taken>,
    by_path: HashMap<PathBuf, usize>,
    by_content: HashMap<String, usize>,
}

/// What a state knows of a file.
pub(super) enum Known {
    /// Nothing; its content has this MD5.
    New(Taken),
    /// It was taken, under this name.
    Taken(PathBuf),
}

impl TakenFiles {
    pub(super) fn read(folder: &Folder, part: Option<&Part>) -> std::result::Result<Self, StateError> {
        let mut files = Self::default();
        let Some(part) = part else { return Ok(files) };
        for batch in part.read(folder)?.1 {
            files.add_batch(&batch).ok_or_else(|| {
                StateError::damaged(
                    folder.file(&part.name),
                    "its columns have other values than the list of files",
                )
            })?;
        }
        Ok(files)
    }

    fn add_batch(&mut self, batch: &RecordBatch) -> Option<()> {
        if batch.num_columns() != COLUMNS {
            return None;
        }
        let text = |at: usize| batch.column(at).as_string_opt::<i32>();
        let number = |at: usize| batch.column(at).as_primitive_opt::<Int64Type>();
        let flags = |at: usize| batch.column(at).as_boolean_opt();
        let (paths, md5s, versions, outputs) = (text(0)?, text(1)?, text(3)?, text(9)?);
        let (left_out, forms) = (number(10)?, text(11)?);
        let (with_partition, outdated) = (flags(12)?, flags(13)?);
        let (bytes, events, runs) = (number(2)?, number(4)?, number(7)?);
        let time = |at: usize| batch.column(at).as_primitive_opt::<TimestampMicrosecondType>();
        let (first, last, at) = (time(5)?, time(6)?, time(8)?);
        for row in 0..batch.num_rows() {
            self.add(Taken {
                path: paths.value(row).into(),
                md5: md5s.value(row).to_owned(),
                bytes: u64::try_from(bytes.value(row)).ok()?,
                version: versions.value(row).to_owned(),
                events: u64::try_from(events.value(row)).ok()?,
                span: first.is_valid(row).then(|| (first.value(row), last.value(row))),
                run: u64::try_from(runs.value(row)).ok()?,
                at: at.value(row),
                output: outputs.is_valid(row).then(|| outputs.value(row).into()),
                left_out: u64::try_from(left_out.value(row)).ok()?,
                form: forms.value(row).to_owned(),
                with_partition: with_partition.value(row),
                outdated: outdated.value(row),
            });
        }
        Some(())
    }

    pub(super) fn add(&mut self, file: Taken) {
        let at = self.all.len();
        self.by_path.insert(file.path.clone(), at);
        self.by_content.insert(file.md5.clone(), at);
        self.all.push(file);
    }

    /// The outputs, with the files whose events they have. What a later run wrote in an output's place has taken it.
    pub(super) fn outputs(&self) -> BTreeMap<&Path, Vec<&Taken>> {
        let mut by_output: BTreeMap<&Path, Vec<&Taken>> = BTreeMap::new();
        for file in &self.all {
            if let Some(output) = &file.output {
                let files = by_output.entry(output).or_default();
                files.retain(|other| other.run == file.run);
                files.push(file);
            }
        }
        by_output
    }

    /// The outputs whose events have other ids by now.
    pub(super) fn outdated(&self) -> impl Iterator<Item = (&Path, Vec<&Taken>)> {
        let outputs = self.outputs().into_iter();
        outputs.filter(|(_, files)| files.iter().any(|file| file.outdated))
    }

    /// Whether one of new files has the bytes of one that was taken, or of another new one.
    pub(super) fn have_twins(&self, md5s: &[String]) -> bool {
        let mut new = HashSet::new();
        md5s.iter().any(|md5| self.by_content.contains_key(md5) || !new.insert(md5))
    }

    /// Looks a file up, by its name and version or else by its content.
    ///
    /// # Errors
    /// When a file of its name was taken with other bytes.
    pub(super) fn look_up(&self, file: &InputFile, seen: &mut Seen, watch: &Watch) -> Result<Known> {
        self.look_up_or(file, seen, |file| hash(file, watch, true))
    }

    /// The same, where a file of a name that is not known is taken for a new one. Its MD5 is empty if it was not looked at.
    pub(super) fn look_up_by_name(&self, file: &InputFile, seen: &mut Seen, watch: &Watch) -> Result<Known> {
        let is_known = |file: &InputFile| {
            file.store.real_name(&file.path).is_ok_and(|path| self.by_path.contains_key(&path))
        };
        self.look_up_or(
            file,
            seen,
            |file| if is_known(file) { hash(file, watch, true) } else { Ok(String::new()) },
        )
    }

    fn look_up_or(
        &self,
        file: &InputFile,
        seen: &mut Seen,
        hash: impl FnOnce(&InputFile) -> Result<String>,
    ) -> Result<Known> {
        let reading = || EngineError::reading(&file.name);
        let path = file.store.real_name(&file.path).map_err(reading())?;
        let source = file.open()?;
        let version = source.version().to_string();
        let same_name = self.by_path.get(&path).map(|at| &self.all[*at]);
        if let Some(taken) = same_name.filter(|taken| taken.version == version) {
            return Ok(Known::Taken(taken.path.clone()));
        }
        let name = Name::of(file, &path);
        let md5 = match seen.md5_of(&name, &version) {
            Some(md5) => md5.to_owned(),
            None => hash(file)?,
        };
        let bytes = file.bytes;
        if let Some(at) = self.by_content.get(&md5) {
            seen.add(name, &version, &md5);
            return Ok(Known::Taken(self.all[*at].path.clone()));
        }
        if let Some(taken) = same_name {
            return Err(StateError::FileChanged { file: path, run: taken.run }.into());
        }
        Ok(Known::New(Taken {
            path,
            md5,
            bytes,
            version,
            events: 0,
            span: None,
            run: 0,
            at: now(),
            left_out: 0,
            output: None,
            form: String::new(),
            with_partition: false,
            outdated: false,
        }))
    }

    pub(super) fn write(&self, folder: &Folder, name: String) -> std::result::Result<Part, StateError> {
        let files = || self.all.iter();
        let texts = |text: &dyn Fn(&Taken) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(files().map(text)))
        };
        let flags = |flag: &dyn Fn(&Taken) -> bool| -> ArrayRef {
            Arc::new(BooleanArray::from_iter(files().map(|file| Some(flag(file)))))
        };
        let utc = |times: TimestampMicrosecondArray| -> ArrayRef { Arc::new(times.with_timezone("UTC")) };
        let outputs: StringArray = files().map(|file| file.output.as_deref().map(in_words)).collect();
        let columns: Vec<ArrayRef> = vec![
            texts(&|file| in_words(&file.path)),
            texts(&|file| file.md5.clone()),
            counts(files().map(|file| file.bytes)),
            texts(&|file| file.version.clone()),
            counts(files().map(|file| file.events)),
            utc(files().map(|file| file.span.map(|(first, _)| first)).collect()),
            utc(files().map(|file| file.span.map(|(_, last)| last)).collect()),
            counts(files().map(|file| file.run)),
            utc(files().map(|file| Some(file.at)).collect()),
            Arc::new(outputs),
            counts(files().map(|file| file.left_out)),
            texts(&|file| file.form.clone()),
            flags(&|file| file.with_partition),
            flags(&|file| file.outdated),
        ];
        let time = |name: &str, nullable: bool| {
            Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), nullable)
        };
        let schema = Schema::new(vec![
            Field::new("path", DataType::Utf8, false),
            Field::new("md5", DataType::Utf8, false),
            Field::new("bytes", DataType::Int64, false),
            Field::new("version", DataType::Utf8, false),
            Field::new("events", DataType::Int64, false),
            time("first_started_at", true),
            time("last_ended_at", true),
            Field::new("run", DataType::Int64, false),
            time("taken_at", false),
            Field::new("output", DataType::Utf8, true),
            Field::new("left_out", DataType::Int64, false),
            Field::new("form", DataType::Utf8, false),
            Field::new("with_partition", DataType::Boolean, false),
            Field::new("outdated", DataType::Boolean, false),
        ]);
        let batch = RecordBatch::try_new(Arc::new(schema), columns)
            .map_err(|error| StateError::damaged(folder.file(&name), error))?;
        Part::write(folder, name, &batch)
    }
}

/// A path as text. One that is no text loses what is none of it, and is known by its content alone then.
fn in_words(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The MD5 of a file's bytes, and of what the names of its folders tell: the same bytes in another partition are other events.
/// Progress is told if nothing else is read meanwhile.
pub(super) fn hash(file: &InputFile, watch: &Watch, tells: bool) -> Result<String> {
    let reading = || EngineError::reading(&file.name);
    let mut content = Hashed::new(Counted { watch, tells });
    let copied = io::copy(&mut file.open()?.stream(), &mut content);
    watch.advance(0)?;
    copied.map_err(reading())?;
    for (column, value) in &file.partition {
        let told = format!("\0{column}={}", value.as_deref().unwrap_or("\0"));
        io::Write::write_all(&mut content, told.as_bytes()).map_err(reading())?;
    }
    Ok(content.finish().2)
}

/// Goes nowhere, and lets whoever watches stop it.
struct Counted<'w> {
    watch: &'w Watch,
    tells: bool,
}

impl io::Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Told again by whoever asked for the copy, in its own words.
        self.watch.advance(if self.tells { bytes.len() as u64 } else { 0 }).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
