//! The flags that say what a session is.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use spectrum_check::Thresholds;
use spectrum_core::{
    DefinitionBuilder, DefinitionError, DefinitionFile, EpochUnit, Preset, RuleError, SessionDefinition,
};
use spectrum_engine::{Input, check_event_id};

use crate::rule_flags::RuleFlags;

/// Where the help puts these flags, and not those that follow them.
const HEADING: &str = "What a session is";

/// What a session is. Flags override the definition file, which overrides the defaults.
#[derive(Args, Debug)]
pub(crate) struct DefinitionFlags {
    /// Read the definition from a spectrum.toml
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    definition: Option<PathBuf>,
    /// Rule of another tool under its name, as in matomo; flags beside it override it, and `spectrum presets` lists all
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    preset: Option<String>,
    /// Key columns, separated by commas; in files also members as in event.customer, and columns of which the first that has a
    /// value counts, as in 'user_id|anonymous_id' [default: user_id,account_id]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = HEADING)]
    key: Option<Vec<String>>,
    /// Time column; in files also a column of dates and one of clock times, as in day,clock [default: occurred_at]
    #[arg(long, value_name = "COLUMN", help_heading = HEADING)]
    time: Option<String>,
    /// Event id column [default: event_id]
    #[arg(long, value_name = "COLUMN", help_heading = HEADING)]
    event_id: Option<String>,
    /// Longest pause inside a session, as in 30m, 1h30m, 1.5h, 90s, 1w or PT30M [default: 30m]
    #[arg(long, value_name = "DURATION", help_heading = HEADING)]
    gap: Option<String>,
    /// How sessions are named: sequence (the original's), encoded (never collides), start (a late event renames one session
    /// at most) or, where a state is kept, persistent (ids stay) [default: sequence]
    #[arg(long, value_name = "SCHEME", help_heading = HEADING)]
    id: Option<String>,
    #[command(flatten)]
    rule: RuleFlags,
}

/// The text of a definition file.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

impl DefinitionFlags {
    /// The file that the definition comes from, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.definition.as_deref()
    }

    /// From where on something is a finding, by the file.
    pub(crate) fn thresholds(&self) -> Result<Thresholds> {
        match &self.definition {
            Some(path) => {
                Thresholds::from_toml(&read(path)?).with_context(|| format!("in {}", path.display()))
            }
            None => Ok(Thresholds::default()),
        }
    }

    /// The checked definition, and what the numbers of the time column count according to the file.
    pub(crate) fn resolve_with_unit(&self) -> Result<(SessionDefinition, Option<EpochUnit>)> {
        self.resolve_whole().map(|(definition, _, unit)| (definition, unit))
    }

    /// What the flags and the file say, and for the rest what `known` has.
    pub(crate) fn resolve_over(
        &self,
        known: &SessionDefinition,
    ) -> Result<(SessionDefinition, Option<EpochUnit>)> {
        let said = self.file_says()?;
        let builder = if self.definition.is_some() { said.definition } else { known.to_builder() };
        Ok((self.over(builder)?.build()?, said.time_unit))
    }

    /// The same for a command that names sessions by the events alone.
    pub(crate) fn resolve_by_events(&self) -> Result<(SessionDefinition, Option<EpochUnit>)> {
        let (definition, unit) = self.resolve_with_unit()?;
        if definition.id().needs_memory() {
            bail!(
                "ids of the scheme {} need a memory of what was there before, as `spectrum run --state FOLDER` and `spectrum \
                 deploy --mode incremental` have; --id start names sessions by the events alone",
                definition.id()
            );
        }
        Ok((definition, unit))
    }

    /// The same, and the events table that the file names.
    pub(crate) fn resolve_whole(&self) -> Result<(SessionDefinition, Option<String>, Option<EpochUnit>)> {
        let said = self.file_says()?;
        Ok((self.over(said.definition)?.build()?, said.table, said.time_unit))
    }

    /// What the time column is called if the flag does not say it: by the file, or by default.
    pub(crate) fn time_without_flag(&self) -> Result<String> {
        Ok(self.file_says()?.definition.time_or_default())
    }

    fn file_says(&self) -> Result<DefinitionFile> {
        match &self.definition {
            Some(path) => said(&read(path)?).with_context(|| format!("in {}", path.display())),
            None => Ok(DefinitionFile::default()),
        }
    }

    /// Refuses an event id column that was named and is not there, even where nothing reads it.
    pub(crate) fn check_event_id(&self, input: &Input, definition: &SessionDefinition) -> Result<()> {
        match self.event_id {
            Some(_) => Ok(check_event_id(input, definition)?),
            None => Ok(()),
        }
    }

    /// Whether the event id column was named by its flag.
    pub(crate) fn names_event_id(&self) -> bool {
        self.event_id.is_some()
    }

    /// What the flags say, and for the rest what `builder` has.
    pub(crate) fn over(&self, mut builder: DefinitionBuilder) -> Result<DefinitionBuilder, DefinitionError> {
        if let Some(preset) = &self.preset {
            builder = builder.rule(Preset::named(preset)?.parts()?);
        }
        if let Some(key) = &self.key {
            builder = builder.key(key.iter().map(|column| column.trim()));
        }
        if let Some(time) = &self.time {
            builder = builder.time(time);
        }
        if let Some(event_id) = &self.event_id {
            builder = builder.event_id(event_id);
        }
        if let Some(gap) = &self.gap {
            builder = builder.gap(gap.parse()?);
        }
        if let Some(id) = &self.id {
            builder = builder.id(id.parse()?);
        }
        Ok(builder.rule(self.rule.parts()?))
    }
}

/// What a file says. It is a definition without any flag's help.
fn said(text: &str) -> Result<DefinitionFile, DefinitionError> {
    let file = DefinitionFile::from_toml(text)?;
    match file.definition.clone().build() {
        // A flag may name it.
        Ok(_) | Err(DefinitionError::Rule(RuleError::PresetWithoutZone { .. })) => Ok(file),
        Err(error) => Err(error),
    }
}
