//! The two definitions that are compared: files, presets, settings and recorded sessions, as `--a` and `--b` name them.

use std::path::Path;

use anyhow::{Context, Result, bail};
use spectrum_core::internals::or_near;
use spectrum_core::{DefinitionBuilder, DefinitionFile, EpochUnit, Preset, RuleParts, SessionDefinition};
use spectrum_engine::Side;

use crate::definition::read;

/// The columns that were named for both.
#[derive(Debug, Default)]
pub(super) struct Columns<'a> {
    pub(super) key: Option<&'a [String]>,
    pub(super) time: Option<&'a str>,
    pub(super) event_id: Option<&'a str>,
}

/// Both definitions, and what the numbers of the time column count according to a file.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) a: Side,
    pub(super) b: Side,
    pub(super) unit: Option<EpochUnit>,
}

/// What stands in a database: the definition as far as sessions depend on it, and what numbers in the time column count.
#[derive(Clone, Debug)]
pub(super) struct Deployed {
    pub(super) definition: DefinitionBuilder,
    pub(super) time_unit: Option<EpochUnit>,
}

/// What one of the two says.
#[derive(Debug, Default)]
struct Said {
    /// Whether it is what stands in a database.
    is_deployed: bool,
    file: Option<DefinitionFile>,
    preset: Option<RuleParts>,
    settings: RuleParts,
    /// The column that has sessions as somebody recorded them.
    recorded: Option<String>,
    has_settings: bool,
}

impl Sides {
    /// `deployed` finds what stands in a database, and is told whether a side is that. Where it finds something, columns that
    /// nothing else names are its own.
    pub(super) fn read(
        a: &str,
        b: &str,
        columns: &Columns,
        deployed: impl FnOnce(bool) -> Result<Option<Deployed>>,
    ) -> Result<Self> {
        let read =
            |name: &'static str, text: &str| Said::read(text).with_context(|| format!("in --{name} {text}"));
        let (mut of_a, mut of_b) = (read("a", a)?, read("b", b)?);
        let found = deployed(of_a.is_deployed || of_b.is_deployed)?;
        for side in [&mut of_a, &mut of_b] {
            if let (Some(found), true) = (&found, side.is_deployed) {
                let file = side.file.insert(DefinitionFile::default());
                (file.definition, file.time_unit) = (found.definition.clone(), found.time_unit);
            }
        }
        let others = found.map(|found| found.definition);
        let unit = match (of_a.time_unit(), of_b.time_unit()) {
            (Some(unit), Some(other)) if unit != other => bail!(
                "the two definition files have times that count {unit} and {other}; both are about the same events, so let \
                 them say the same, or say what counts with --time-unit"
            ),
            (unit, other) => unit.or(other),
        };
        let built = |name: &'static str, text: &str, own: &Said, other: &Said| {
            own.build(other, others.as_ref(), columns).with_context(|| format!("in --{name} {text}"))
        };
        Ok(Self { a: built("a", a, &of_a, &of_b)?, b: built("b", b, &of_b, &of_a)?, unit })
    }
}

impl Said {
    /// Reads `file.toml`, `preset` or `setting=value`, or the first two and then settings, separated by commas.
    fn read(text: &str) -> Result<Self> {
        let mut side = Self::default();
        let mut setting: Option<(String, String)> = None;
        for (at, piece) in pieces(text).into_iter().enumerate() {
            match piece.split_once('=') {
                Some((name, value)) if is_name(name) => {
                    side.set(setting.replace((name.trim().to_owned(), value.to_owned())))?;
                }
                _ if at == 0 => side.begin(piece.trim())?,
                // The columns of split_on are separated by commas too.
                _ => match &mut setting {
                    Some((name, value)) if name == "split_on" => {
                        value.push(',');
                        value.push_str(piece);
                    }
                    _ => bail!("'{}' is not a setting and its value, as in gap=30m", piece.trim()),
                },
            }
        }
        side.set(setting)?;
        if side.recorded.is_some() && (side.has_settings || side.preset.is_some() || side.is_deployed) {
            bail!("recorded sessions follow no rule; leave out the settings beside them");
        }
        Ok(side)
    }

    /// A file or a preset, with which it begins.
    fn begin(&mut self, name: &str) -> Result<()> {
        let preset = Preset::ALL.iter().find(|preset| preset.name == name);
        if let Some(preset) = preset {
            self.preset = Some(preset.parts()?);
            return Ok(());
        }
        let path = Path::new(name);
        if name.ends_with(".toml") || path.is_file() {
            self.file = Some(DefinitionFile::from_toml(&read(path)?)?);
            return Ok(());
        }
        if name == "deployed" {
            self.is_deployed = true;
            return Ok(());
        }
        let near = or_near(name, Preset::ALL.iter().map(|preset| preset.name).chain(["deployed"]));
        bail!(
            "'{name}' is not a definition file that is there, a preset, deployed, or settings such as \
             gap=30m,split_at=midnight{near}"
        )
    }

    fn set(&mut self, setting: Option<(String, String)>) -> Result<()> {
        let Some((name, value)) = setting else { return Ok(()) };
        if let Some(flag) = [("key", "--key"), ("time", "--time"), ("event_id", "--event-id")]
            .iter()
            .find_map(|(column, flag)| (*column == name).then_some(flag))
        {
            bail!("{name} is the same for both definitions; name it with {flag}");
        }
        if name == "recorded" {
            self.recorded = Some(value.trim().to_owned());
            return Ok(());
        }
        self.has_settings = true;
        Ok(self.settings.set(&name, value.trim())?)
    }

    fn time_unit(&self) -> Option<EpochUnit> {
        self.file.as_ref().and_then(|file| file.time_unit)
    }

    /// The definition. Columns that neither it nor a flag names are those of the other side's file.
    fn build(&self, other: &Self, deployed: Option<&DefinitionBuilder>, columns: &Columns) -> Result<Side> {
        let others = other.file.as_ref().map(|file| &file.definition).or(deployed);
        let mut builder = match (&self.file, others) {
            (Some(file), _) => file.definition.clone(),
            (None, Some(others)) => {
                let columns = others.clone().rule(without_zone_to_name()).build()?;
                SessionDefinition::builder()
                    .key(columns.key())
                    .time(columns.time())
                    .event_id(columns.event_id())
            }
            (None, None) => SessionDefinition::builder(),
        };
        if let Some(key) = columns.key {
            builder = builder.key(key.iter().map(|column| column.trim()));
        }
        if let Some(time) = columns.time {
            builder = builder.time(time);
        }
        if let Some(event_id) = columns.event_id {
            builder = builder.event_id(event_id);
        }
        if let Some(preset) = &self.preset {
            builder = builder.rule(preset.clone());
        }
        let mut side = Side::of(builder.rule(self.settings.clone()).build()?);
        side.recorded.clone_from(&self.recorded);
        Ok(side)
    }
}

/// For a definition of which only the columns are asked.
fn without_zone_to_name() -> RuleParts {
    Preset::named("original").and_then(Preset::parts).unwrap_or_default()
}

/// The texts between commas, but for commas within quotes and parentheses.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut begin) = (Vec::new(), 0);
    let (mut quote, mut depth) = (None, 0_u32);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                pieces.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[begin..]);
    pieces
}

/// Whether it can be the name of a setting, and is not the beginning of a condition.
fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Result<Vec<(&'static str, String)>> {
        let columns = Columns { key: Some(&["who".to_owned()]), ..Columns::default() };
        let sides = Sides::read(text, "original", &columns, |_| Ok(None))?;
        let mut settings = vec![("gap", sides.a.definition.gap().to_string())];
        settings.extend(sides.a.definition.rule().settings());
        Ok(settings)
    }

    fn settings(text: &str) -> String {
        let settings = rule(text).unwrap();
        settings.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn refusal(text: &str) -> String {
        format!("{:#}", rule(text).unwrap_err())
    }

    #[test]
    fn commas_part_settings_but_not_values() {
        assert_eq!(settings("gap=10m,split_at=midnight"), "gap=10m; split_at=00:00");
        assert_eq!(
            settings("start_when=event_type in ('a','b'), max_events = 5"),
            "gap=30m; start_when=event_type in ('a','b'); max_events=5"
        );
        assert_eq!(
            settings("where=a = 'x,(y' or \"c,d\" = 1,gap=1h"),
            "gap=1h; where=a = 'x,(y' or \"c,d\" = 1"
        );
        assert_eq!(
            settings("split_on=utm_source,utm_medium,gap=5m"),
            "gap=5m; split_on=utm_source, utm_medium"
        );
        assert_eq!(
            settings("gap_when=4h: kind = 'video',gap_when=1h: kind = 'read'"),
            "gap=30m; gap_when=4h: kind = 'video', 1h: kind = 'read'"
        );
    }

    #[test]
    fn a_preset_may_have_settings_beside_it() {
        assert_eq!(settings("posthog"), "gap=30m; max_duration=1d");
        assert_eq!(
            settings("matomo,timezone=Europe/Paris,split_on=none"),
            "gap=30m; at_gap=new; split_at=00:00; timezone=Europe/Paris; max_events=10000"
        );
        assert_eq!(settings("beam,gap=2h"), "gap=2h; at_gap=new");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_side() {
        assert!(refusal("matomo").starts_with("in --a matomo: preset matomo ends sessions"));
        assert!(refusal("matamo").ends_with("did you mean matomo?"));
        assert!(
            refusal("gap=30m,matomo").ends_with("'matomo' is not a setting and its value, as in gap=30m")
        );
        assert!(refusal("gapp=30m").contains("'gapp' is not a setting of a session; did you mean gap"));
        assert!(refusal("gap=").contains("gap ''"));
        assert!(refusal("key=a").ends_with("name it with --key"));
        assert!(refusal("").contains("'' is not a definition file"));
        assert!(refusal("nothere.toml").contains("nothere.toml"));
    }
}
