//! The files of events: made once by `spectrum generate`, then kept in bench/data.

use std::fs;

use anyhow::{Context, Result};

use super::tools::{Tools, succeed};

/// What events mostly look like.
pub(super) const BY_TIME: Dataset = Dataset {
    name: "uuid-time.parquet",
    title: "uuid keys, in order of time",
    order: "time",
    ids: "uuid",
    format: Format::Parquet,
};

pub(super) const DATASETS: [Dataset; 5] = [
    BY_TIME,
    Dataset {
        name: "uuid-shuffled.parquet",
        title: "uuid keys, shuffled",
        order: "shuffled",
        ids: "uuid",
        format: Format::Parquet,
    },
    Dataset {
        name: "int-time.parquet",
        title: "integer keys, in order of time",
        order: "time",
        ids: "int",
        format: Format::Parquet,
    },
    Dataset {
        name: "uuid-time.csv",
        title: "uuid keys, in order of time",
        order: "time",
        ids: "uuid",
        format: Format::Text,
    },
    Dataset {
        name: "uuid-time.ndjson",
        title: "uuid keys, in order of time",
        order: "time",
        ids: "uuid",
        format: Format::Text,
    },
];

#[derive(Debug)]
pub(super) struct Dataset {
    /// The file's name; the generator and every contestant know the format by its end.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) format: Format,
    order: &'static str,
    ids: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    Parquet,
    Text,
}

impl Dataset {
    /// Its path below the project's root.
    pub(super) fn path(&self, events: u64) -> String {
        format!("bench/data/{events}/{}", self.name)
    }

    /// The undelimited ids of sessions under integer keys really collide, and Spectrum would refuse them.
    pub(super) fn ids_collide(&self) -> bool {
        self.ids == "int"
    }

    /// Makes the file unless it is there. Remove bench/data to have all files made anew.
    pub(super) fn make(&self, tools: &Tools, events: u64) -> Result<()> {
        let path = self.path(events);
        if tools.root.join(&path).exists() {
            return Ok(());
        }
        println!("making {path}");
        fs::create_dir_all(tools.root.join(format!("bench/data/{events}")))?;
        let events = events.to_string();
        let settings = ["--events", &events, "--seed", "1", "--order", self.order, "--ids", self.ids];
        let mut generate = tools.command(&tools.spectrum);
        generate.args(["generate", "-o", &path, "--quiet"]).args(settings);
        succeed(&mut generate).with_context(|| format!("making {path}"))
    }
}
