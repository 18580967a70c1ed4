//! `spectrum presets`: the rules of other tools, and what is known of them.

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use spectrum_core::{Claim, PRESETS_LOOKED_UP, Preset};

use super::print;
use crate::table::table_of_texts;

/// List the rules of other tools that --preset knows, and what each rests on
///
/// A preset is the whole session rule of a tool: what it does not have is turned off. Columns and events are named as in
/// the tool's own exports; where yours have other names, print the preset as a definition file and edit it. With NAME it is
/// printed so, each setting below a comment that says where it was found and how sure it is.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Preset to print as a spectrum.toml
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print all, or the one, as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum presets
  spectrum presets matomo > spectrum.toml
  spectrum run events.parquet -o out.parquet --preset matomo --timezone Europe/Paris
  spectrum compare events.parquet --a original --b matomo,timezone=Europe/Paris";

/// The widest line of the table.
const WIDTH: u16 = 120;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let one = arguments.name.as_deref().map(Preset::named).transpose()?;
    let text = match (one, arguments.json) {
        (Some(preset), false) => preset.to_toml(),
        (Some(preset), true) => as_json(preset).to_string(),
        (None, false) => as_table(),
        (None, true) => Value::from_iter(Preset::ALL.iter().map(as_json)).to_string(),
    };
    Ok(print(&text)?)
}

fn as_table() -> String {
    let rows: Vec<[String; 3]> = Preset::ALL
        .iter()
        .map(|preset| [preset.name.to_owned(), sets(preset), preset.cannot_say.join("; ")])
        .collect();
    format!(
        "{}\n\n(?) is not confirmed, and (others) is said by others than the tool's makers; all was looked up on \
         {PRESETS_LOOKED_UP}.\nspectrum presets NAME prints one as a definition file, with its sources.",
        table_of_texts(["preset", "sets", "cannot say"], WIDTH, &rows)
    )
}

/// Its settings in a few words. What it does not have is left out.
fn sets(preset: &Preset) -> String {
    use spectrum_core::Certainty::{Code, Documented, Elsewhere, Unconfirmed};

    let word = |claim: &Claim| {
        let doubt = match claim.certainty {
            Code | Documented => "",
            Elsewhere => " (others)",
            Unconfirmed => " (?)",
        };
        let zone = preset.zone.filter(|_| claim.setting == "split_at");
        let zone = zone.map(|zone| format!(" in {zone}")).unwrap_or_default();
        format!("{} {}{zone}{doubt}", claim.setting, claim.value)
    };
    preset.claims.iter().filter(|claim| claim.value != "none").map(word).collect::<Vec<_>>().join("; ")
}

fn as_json(preset: &Preset) -> Value {
    let claim = |claim: &Claim| {
        json!({
            "setting": claim.setting,
            "value": claim.value,
            "certainty": claim.certainty.words(),
            "source": (!claim.source.is_empty()).then_some(claim.source),
        })
    };
    json!({
        "name": preset.name,
        "tool": preset.tool,
        "settings": preset.claims.iter().map(claim).collect::<Vec<_>>(),
        "needs_zone": preset.zone,
        "cannot_say": preset.cannot_say,
        "looked_up": PRESETS_LOOKED_UP,
        "toml": preset.to_toml(),
    })
}
