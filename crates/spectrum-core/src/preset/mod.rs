//! Presets: the session rules of other tools under their names, with what each setting rests on.
//!
//! A preset is data ([`Preset::ALL`]). What is said of it in a table, as JSON and as a `spectrum.toml` is made from it, and so
//! is the rule that its name leads to.

mod known;
mod toml_text;

use crate::definition_error::DefinitionError;
use crate::gap::Gap;
use crate::near::or_near;
use crate::rule::{RuleParts, SessionRule};

/// The day on which all sources were looked up.
pub const PRESETS_LOOKED_UP: &str = "2026-11-27";

/// The session rule of another tool.
#[derive(PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Preset {
    /// What it is called here.
    pub name: &'static str,
    /// Whose sessions they are.
    pub tool: &'static str,
    /// Its settings, in the order in which a definition has them.
    pub claims: &'static [Claim],
    /// Whose time zone decides where its sessions end, if they end at a time of day. It has to be said.
    pub zone: Option<&'static str>,
    /// What differs all the same, a sentence each.
    pub cannot_say: &'static [&'static str],
}

/// One setting of a preset.
#[derive(PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Claim {
    /// The setting, by the name that it has in a `spectrum.toml`.
    pub setting: &'static str,
    /// Its value as flags have it; `none` says that the tool has no such rule.
    pub value: &'static str,
    /// How sure that is.
    pub certainty: Certainty,
    /// Where it was found: an address, or a repository and a path.
    pub source: &'static str,
}

/// What a claim rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certainty {
    /// The tool's own source code.
    Code,
    /// Its maker's documentation.
    Documented,
    /// Others who wrote about it.
    Elsewhere,
    /// Nothing that could be found.
    Unconfirmed,
}

impl Certainty {
    /// As it stands beside a claim.
    pub fn words(self) -> &'static str {
        match self {
            Self::Code => "in its source code",
            Self::Documented => "in its documentation",
            Self::Elsewhere => "said by others only",
            Self::Unconfirmed => "not confirmed",
        }
    }
}

impl Preset {
    /// All of them.
    pub const ALL: &'static [Self] = known::PRESETS;

    /// The preset of a name.
    ///
    /// # Errors
    /// [`DefinitionError::NoSuchPreset`], which has names like it or, if there is none, all.
    pub fn named(name: &str) -> Result<&'static Self, DefinitionError> {
        let found = Self::ALL.iter().find(|preset| preset.name == name.trim());
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|preset| preset.name).collect();
            let near = match or_near(name, names.iter().copied()) {
                near if near.is_empty() => format!(" (there are: {})", names.join(", ")),
                near => near,
            };
            DefinitionError::NoSuchPreset { name: name.to_owned(), near }
        })
    }

    /// Its rule as parts that say everything: a preset is the whole rule of a tool, so it also turns off what that tool does
    /// not have. Left open are only which events there are (`where`) unless it says so, a gap that the tool itself has no
    /// default for, and its time zone.
    ///
    /// # Errors
    /// Never for a preset of [`Self::ALL`].
    pub fn parts(&'static self) -> Result<RuleParts, DefinitionError> {
        let mut parts = SessionRule::of_gap(Gap::DEFAULT).to_parts();
        (parts.takes_part, parts.gap) = (None, None);
        for claim in self.claims {
            parts.set(claim.setting, claim.value)?;
        }
        if self.zone.is_some() {
            (parts.timezone, parts.zone_of) = (None, Some(self));
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition_file::DefinitionFile;
    use crate::rule::RuleError;
    use crate::{AtGap, SessionDefinition};

    fn rule(parts: RuleParts) -> SessionRule {
        SessionDefinition::builder().key(["who"]).rule(parts).build().unwrap().rule().clone()
    }

    fn with_zone(preset: &'static Preset) -> RuleParts {
        let mut parts = RuleParts::default();
        parts.set_timezone(preset.zone.map(|_| "UTC"));
        parts.or(preset.parts().unwrap())
    }

    /// What is printed to be edited is the preset itself, before anything is edited.
    #[test]
    fn the_toml_of_each_is_read_as_the_preset() {
        for preset in Preset::ALL {
            let text = preset.to_toml();
            let file =
                DefinitionFile::from_toml(&text).unwrap_or_else(|e| panic!("{}: {e}\n{text}", preset.name));
            let read = file.definition.key(["who"]).build().unwrap();
            assert_eq!(*read.rule(), rule(with_zone(preset)), "{}\n{text}", preset.name);
        }
    }

    /// A table under the same name in a file leads to the same.
    #[test]
    fn a_file_may_name_each() {
        for preset in Preset::ALL {
            let zone = preset.zone.map_or("", |_| "timezone = 'UTC'");
            let text = format!("[session]\npreset = '{}'\n{zone}", preset.name);
            let read = DefinitionFile::from_toml(&text).unwrap().definition.key(["who"]).build().unwrap();
            assert_eq!(*read.rule(), rule(with_zone(preset)), "{}", preset.name);
        }
    }

    #[test]
    fn each_claim_has_a_source_or_says_that_it_has_none() {
        for preset in Preset::ALL {
            for claim in preset.claims {
                let at = format!("{} {}", preset.name, claim.setting);
                assert_eq!(claim.source.is_empty(), claim.certainty == Certainty::Unconfirmed, "{at}");
            }
            let same_name = Preset::ALL.iter().filter(|other| other.name == preset.name);
            assert_eq!(same_name.count(), 1, "{}", preset.name);
            let ends_at_a_time = preset.claims.iter().any(|c| c.setting == "split_at" && c.value != "none");
            assert_eq!(ends_at_a_time, preset.zone.is_some(), "{}", preset.name);
        }
    }

    #[test]
    fn what_stands_beside_a_preset_overrides_it() {
        let text = "[session]\npreset = 'posthog'\ngap = '10m'\nmax_duration = 'none'\nat_gap = 'new'";
        let rule = SessionDefinition::from_toml(text).unwrap().rule().clone();
        assert_eq!(
            (rule.gap().to_string(), rule.max_duration(), rule.at_gap()),
            ("10m".into(), None, AtGap::New)
        );
    }

    /// The rule is the tool's as a whole: nothing is left of another source's.
    #[test]
    fn a_preset_turns_off_what_its_tool_does_not_have() {
        let standing = "[events]\nwhere = 'bot IS NOT TRUE'\n[session]\nmax_events = 5\nsplit_on = 'a'\nsplit_on_null = 'split'\nsplit_at = '04:00'\ntimezone = 'Europe/Paris'";
        let standing = DefinitionFile::from_toml(standing).unwrap().definition;
        let mut expected = Preset::named("original").unwrap().parts().unwrap();
        expected.set_condition("where", Some("bot IS NOT TRUE")).unwrap();
        let over = standing.rule(Preset::named("original").unwrap().parts().unwrap()).build().unwrap();
        assert_eq!(*over.rule(), SessionDefinition::builder().rule(expected).build().unwrap().rule().clone());
    }

    #[test]
    fn a_zone_that_is_needed_and_not_named_is_refused() {
        let read = |text: &str| SessionDefinition::from_toml(&format!("[session]\n{text}"));
        let refused = DefinitionError::Rule(RuleError::PresetWithoutZone {
            preset: "matomo",
            zone: "the site's time zone in Matomo",
        });
        assert_eq!(read("preset = 'matomo'"), Err(refused.clone()));
        assert!(read("preset = 'matomo'\ntimezone = 'Europe/Paris'").is_ok());
        // Times without a zone have none to name, and somebody's own time of day is in UTC as ever.
        assert!(read("preset = 'matomo'\ntimezone = 'none'").is_ok());
        assert!(read("preset = 'matomo'\nsplit_at = '04:00'").is_ok());
        assert!(read("preset = 'matomo'\nsplit_at = 'none'").is_ok());
        // A rule that has no time of day says nothing of a zone, though it was built.
        let standing = SessionDefinition::default();
        let preset = SessionDefinition::builder().rule(Preset::named("matomo").unwrap().parts().unwrap());
        assert_eq!(preset.or(&standing).build(), Err(refused));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        let error = Preset::named("matamo").unwrap_err().to_string();
        assert!(error.contains("'matamo'") && error.contains("matomo"), "{error}");
    }
}
