//! The binary in a folder of its own, and what it leaves there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Three events of one key under the default names, in two sessions.
pub(crate) const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at
e1,u,a,2026-01-01 10:00
e2,u,a,2026-01-01 10:10
e3,u,a,2026-01-01 12:00
";

/// A folder for inputs and outputs, in which commands run, and one for temporary files.
pub(crate) struct Folder {
    work: TempDir,
    temporary: TempDir,
}

/// All files, folders and links below a folder, with what they hold.
type Contents = BTreeMap<PathBuf, Vec<u8>>;

impl Folder {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self { work: tempfile::tempdir().unwrap(), temporary: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    /// A folder with [`EVENTS`] under this name.
    pub(crate) fn with_events(name: &str) -> Self {
        Self::with(&[(name, EVENTS)])
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of all files in the folder itself.
    pub(crate) fn names(&self) -> Vec<String> {
        let contents = contents(self.work.path());
        contents
            .keys()
            .map(|path| path.strip_prefix(self.work.path()).unwrap().display().to_string())
            .collect()
    }

    /// `spectrum` with arguments, which blanks part unless they are in single quotes.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spectrum"));
        command
            .current_dir(self.work.path())
            .env("TMPDIR", self.temporary.path())
            .env("COLUMNS", "100")
            .args(words(arguments))
            .stdin(Stdio::null());
        command
    }

    /// A shell command in which `spectrum` is the binary.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command
            .current_dir(self.work.path())
            .env("TMPDIR", self.temporary.path())
            .args(["-c", &line.replace("spectrum ", &format!("{} ", env!("CARGO_BIN_EXE_spectrum")))])
            .stdin(Stdio::null());
        command
    }

    /// Runs a command that must end well, and returns what it prints.
    pub(crate) fn done(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.check_temporary_folder();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must be refused with exit code 1, and returns its message.
    pub(crate) fn refusal(&self, arguments: &str) -> String {
        self.refused(self.command(arguments), 1)
    }

    /// Runs a command line that must not be understood.
    pub(crate) fn misunderstanding(&self, arguments: &str) -> String {
        self.refused(self.command(arguments), 2)
    }

    /// The message of a command that ends with `code`, prints nothing else and leaves everything as it was.
    pub(crate) fn refused(&self, mut command: Command, code: i32) -> String {
        let before = contents(self.work.path());
        let output = command.output().unwrap();
        assert_eq!(contents(self.work.path()), before, "what is left behind");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        self.message(&output, code)
    }

    /// The message of a process that ended with `code`.
    pub(crate) fn message(&self, output: &Output, code: i32) -> String {
        let message = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{message}");
        assert!(!message.contains("panicked"), "{message}");
        self.check_temporary_folder();
        message.trim_end().to_owned()
    }

    pub(crate) fn check_temporary_folder(&self) {
        assert_eq!(contents(self.temporary.path()), Contents::new(), "temporary files are left");
    }

    /// Whether a process holds a temporary file that has no name any more, and the folder is empty.
    pub(crate) fn has_unnamed_file(&self, process: u32) -> bool {
        let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
        let names = open.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        let mut names = names.map(|name| name.display().to_string());
        let folder = self.temporary.path().display().to_string();
        names.any(|name| name.starts_with(&folder) && name.ends_with(" (deleted)"))
            && contents(self.temporary.path()).is_empty()
    }
}

fn contents(folder: &Path) -> Contents {
    let mut all = Contents::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            all.extend(contents(&path));
        }
        let holds = match path.is_file() {
            true => fs::read(&path).unwrap(),
            false => Vec::new(),
        };
        all.insert(path, holds);
    }
    all
}

fn words(arguments: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in arguments.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// The one message that several commands have in common.
pub(crate) fn common(messages: impl IntoIterator<Item = String>) -> String {
    let mut messages = messages.into_iter();
    let first = messages.next().unwrap();
    messages.for_each(|other| assert_eq!(other, first));
    first
}
