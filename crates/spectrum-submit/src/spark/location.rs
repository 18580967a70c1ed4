//! Where files are, as Spark is told: a path without a scheme is one of this machine, as everywhere in
//! Spectrum, and not of Spark's default file system.

use std::path::PathBuf;

use crate::error::{Result, SubmitError};

/// A name with its scheme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Location(pub(crate) String);

impl Location {
    /// A file, a folder or a pattern that is read.
    pub(crate) fn of_input(name: &str) -> Result<Self> {
        if name == "-" {
            return Err(SubmitError::Refused(
                "- (standard input) cannot be read by Spark; name files".into(),
            ));
        }
        if has_scheme(name) {
            return Ok(Self(name.to_owned()));
        }
        let path = absolute(name)?;
        if std::fs::exists(name).unwrap_or(false) {
            // An existing path is not a pattern, whatever it is called.
            let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\');
            let escaped = path.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c]));
            return Ok(Self(format!("file://{}", escaped.collect::<String>())));
        }
        match name.contains(['*', '?', '[', '{']) {
            true => Ok(Self(format!("file://{path}"))),
            false => Err(SubmitError::NoSuchInput(name.to_owned())),
        }
    }

    /// A folder that is written.
    pub(crate) fn of_output(name: &str) -> Result<Self> {
        if name == "-" {
            return Err(SubmitError::Refused(
                "- (standard output) cannot be written by Spark; name a folder".into(),
            ));
        }
        let name = if has_scheme(name) { name.to_owned() } else { format!("file://{}", absolute(name)?) };
        Ok(Self(name.trim_end_matches('/').to_owned()))
    }

    /// The folder in which an output is written before it gets its name: beside it, because only within a folder does a
    /// rename take place at once, and hidden, because a reader of the folder should not take it for data.
    pub(crate) fn aside(&self, mark: &str) -> Self {
        let (folder, name) = self.0.rsplit_once('/').unwrap_or(("", &self.0));
        Self(format!("{folder}/.{name}.spectrum-{mark}"))
    }

    /// The path, if it is one of this machine.
    pub(crate) fn local(&self) -> Option<PathBuf> {
        self.0.strip_prefix("file://").map(PathBuf::from)
    }

    /// Refuses an output of this machine that is there already.
    pub(crate) fn check_free(&self, force: bool) -> Result<()> {
        let Some(path) = self.local().filter(|path| path.exists()) else { return Ok(()) };
        let is_empty = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none());
        match force {
            _ if is_empty => Ok(()),
            false => Err(SubmitError::OutputExists(self.shown())),
            true if path.join("_SUCCESS").exists() => Ok(()),
            true => Err(SubmitError::OutputForeign(self.shown())),
        }
    }

    /// What messages call it.
    pub(crate) fn shown(&self) -> String {
        shown(&self.0)
    }
}

/// A local file is called by its path.
pub(crate) fn shown(name: &str) -> String {
    match name.strip_prefix("file:") {
        Some(path) => format!("/{}", path.trim_start_matches('/')),
        None => name.to_owned(),
    }
}

fn has_scheme(name: &str) -> bool {
    name.split_once(":/").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
    })
}

fn absolute(name: &str) -> Result<String> {
    let path = std::path::absolute(name).map_err(SubmitError::io("finding", name))?;
    match path.into_os_string().into_string() {
        Ok(path) => Ok(path),
        Err(path) => Err(SubmitError::Refused(format!(
            "{} is not UTF-8, and Spark's paths are; rename it",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_kept_and_paths_become_absolute() {
        for name in ["hdfs://nn:8020/lake/date=*", "s3a://bucket/a b", "file:///data"] {
            assert_eq!(Location::of_input(name).unwrap().0, name);
        }
        let here = std::env::current_dir().unwrap().display().to_string();
        assert_eq!(Location::of_output("out/").unwrap().0, format!("file://{here}/out"));
        assert_eq!(Location::of_input("lake/*.parquet").unwrap().0, format!("file://{here}/lake/*.parquet"));
        assert_eq!(Location::of_input("c:d").unwrap_err().to_string(), "c:d does not exist");
    }

    #[test]
    fn what_is_there_is_no_pattern() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a[1]{x}.csv");
        std::fs::write(&file, "").unwrap();
        let found = Location::of_input(&file.display().to_string()).unwrap().0;
        assert!(found.ends_with(r"/a\[1\]\{x\}.csv"), "{found}");
    }

    #[test]
    fn aside_is_beside_and_hidden() {
        let location = Location::of_output("hdfs://nn/lake/out").unwrap();
        assert_eq!(location.aside("x1").0, "hdfs://nn/lake/.out.spectrum-x1");
        assert_eq!(location.local(), None);
    }
}
