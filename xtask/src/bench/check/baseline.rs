//! What a change is held against: the binary of an earlier revision, built once.

use std::fs;

use anyhow::{Context, Result, bail};

use super::super::tools::{Tools, output, succeed};

/// Where it is built and kept, below the project's root.
const FOLDER: &str = "target/bench-baseline";

#[derive(Debug)]
pub(super) struct Baseline {
    /// As it was asked for, and its commit.
    pub(super) name: String,
    pub(super) spectrum: String,
}

impl Baseline {
    /// The binary of a revision, or of the last release.
    pub(super) fn get(revision: Option<&str>) -> Result<Self> {
        let tools = &Tools::unbuilt()?;
        let git = |words: &[&str]| output(tools.command("git").args(words));
        let revision = match revision {
            Some(revision) => revision.to_owned(),
            None => match git(&["tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname"])?
                .lines()
                .next()
            {
                Some(tag) => tag.to_owned(),
                None => bail!(
                    "there is no release yet (no tag v*) to compare with; name a revision, as in --against HEAD~20"
                ),
            },
        };
        let commit = git(&["rev-parse", "--verify", &format!("{revision}^{{commit}}")])
            .with_context(|| format!("'{revision}' is no revision of this repository"))?;
        let kept = format!("{FOLDER}/spectrum-{commit}");
        if !tools.root.join(&kept).exists() {
            println!("building {revision} into {kept}");
            build(tools, &commit, &kept)?;
        }
        let short = commit.get(..10).unwrap_or(&commit);
        Ok(Self { name: format!("{revision} ({short})"), spectrum: kept })
    }
}

/// Builds a commit aside, with a target folder that the next one can go on from, and keeps the binary alone.
fn build(tools: &Tools, commit: &str, kept: &str) -> Result<()> {
    let sources = format!("{FOLDER}/sources");
    let remove = || output(tools.command("git").args(["worktree", "remove", "--force", &sources]));
    if tools.root.join(&sources).exists() {
        // A build that was interrupted left it.
        remove()?;
    }
    succeed(tools.command("git").args(["worktree", "add", "--quiet", "--detach", &sources, commit]))?;
    let manifest = format!("{sources}/Cargo.toml");
    let target = format!("{FOLDER}/target");
    let built =
        succeed(
            tools
                .command("cargo")
                .args(["build", "--release", "--locked", "--package", "spectrum-cli"])
                .args(["--manifest-path", &manifest, "--target-dir", &target]),
        );
    remove()?;
    built?;
    // Named when it is whole.
    let partial = format!("{kept}.partial");
    fs::copy(tools.root.join(target).join("release/spectrum"), tools.root.join(&partial))?;
    fs::rename(tools.root.join(&partial), tools.root.join(kept)).with_context(|| format!("writing {kept}"))
}
