//! `cargo xtask bench --check`: whether a change made anything slower than the last release is.
//!
//! Both binaries do the same work in turns. A shape counts as slower when the middle of the ratios of its rounds is above
//! [`ALLOWED`] in wall time and in CPU time, the least CPU time of all rounds is too, and all of that is so again in as many
//! rounds more: any of it alone, or once, is what a busy machine does. Their answers have to be equal, or times would say
//! nothing.

mod baseline;
mod shapes;

use anyhow::{Result, bail};

use self::baseline::Baseline;
use self::shapes::{SHAPES, Shape};
use super::measure::{Measurement, measure, median};
use super::report::row;
use super::tools::{Tools, output};

const USAGE: &str = "\
cargo xtask bench --check [--against REVISION] [--events N] [--rounds N] [--only NAME]... [--spectrum FILE]
  --against REVISION  what to compare with [the last tag v*]; it is built once, below target/bench-baseline
  --events N          events in each file [1,000,000]
  --rounds N          rounds of each shape [9]
  --only NAME         only the shapes with NAME in their names; may be given several times
  --spectrum FILE     judge this binary instead of building one";

/// A tenth is more than the middle of nine rounds differs by on a busy machine when nothing changed.
const ALLOWED: f64 = 1.1;

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let baseline = Baseline::get(options.against.as_deref())?;
    let mut tools = Tools::built(options.spectrum.as_deref())?;
    // The measuring script needs no peers.
    tools.python = "python3".into();
    std::fs::create_dir_all(tools.root.join("bench/data/answers"))?;
    let shapes: Vec<_> = SHAPES.iter().filter(|shape| options.chose(shape)).collect();

    println!("against {}, {} events, {} rounds in turns\n", baseline.name, options.events, options.rounds);
    println!(
        "{}|---|---:|---:|---:|---:|---:|---:|",
        row(["shape", "before", "now", "wall", "CPU before", "CPU now", "CPU"])
    );
    let mut slower = Vec::new();
    for shape in shapes {
        shape.make(&tools, options.events)?;
        check_answers(&tools, &baseline, shape, options.events)?;
        let mut sides = compare(&tools, &baseline, shape, &options)?;
        if sides.is_slower() {
            let again = compare(&tools, &baseline, shape, &options)?;
            if again.is_slower() {
                slower.push(format!("{} ({:.2} x)", shape.name, again.ratio(|run| run.wall)));
            }
            sides = again;
        }
        print!("{}", sides.row(shape.name));
    }
    if slower.is_empty() {
        println!("\nnothing is slower by more than {:.0} %", (ALLOWED - 1.0) * 100.0);
        return Ok(());
    }
    bail!(
        "slower than {} by more than {:.0} %: {}",
        baseline.name,
        (ALLOWED - 1.0) * 100.0,
        slower.join(", ")
    )
}

/// One round of both before those that count, which also warms what they read.
fn check_answers(tools: &Tools, baseline: &Baseline, shape: &Shape, events: u64) -> Result<()> {
    let answer = |spectrum: &str| -> Result<Option<String>> {
        let words = shape.asking(spectrum, events);
        let printed = output(tools.command(&words[0]).args(&words[1..]))?;
        Ok(shape.answer(&printed))
    };
    let (before, now) = (answer(&baseline.spectrum)?, answer(&tools.spectrum)?);
    if now.is_none() || before != now {
        let said = |answer: Option<String>| answer.unwrap_or_else(|| "nothing".into());
        bail!("{}: {} says {}, and now it is {}", shape.name, baseline.name, said(before), said(now));
    }
    Ok(())
}

/// The rounds of one shape, in pairs.
struct Sides(Vec<[Measurement; 2]>);

fn compare(tools: &Tools, baseline: &Baseline, shape: &Shape, options: &Options) -> Result<Sides> {
    let of = |spectrum: &str| measure(tools, &shape.working(spectrum, options.events));
    let pair = |round: usize| -> Result<[Measurement; 2]> {
        // Who goes first takes turns too, for the first finds the caches as the other left them.
        if round.is_multiple_of(2) {
            let before = of(&baseline.spectrum)?;
            Ok([before, of(&tools.spectrum)?])
        } else {
            let now = of(&tools.spectrum)?;
            Ok([of(&baseline.spectrum)?, now])
        }
    };
    (0..options.rounds).map(pair).collect::<Result<_>>().map(Sides)
}

impl Sides {
    /// The middle of now against before.
    fn ratio(&self, quantity: impl Fn(&Measurement) -> f64) -> f64 {
        median(self.0.iter().map(|[before, now]| quantity(now) / quantity(before)).collect())
    }

    fn is_slower(&self) -> bool {
        let ratios = [self.ratio(|run| run.wall), self.ratio(Measurement::cpu), self.ratio_of_least_cpu()];
        ratios.iter().all(|ratio| *ratio > ALLOWED)
    }

    /// Of the round that was disturbed least.
    fn ratio_of_least_cpu(&self) -> f64 {
        let least = |side: usize| self.0.iter().map(|pair| pair[side].cpu()).fold(f64::INFINITY, f64::min);
        least(1) / least(0)
    }

    fn row(&self, name: &str) -> String {
        let middle = |side: usize, quantity: fn(&Measurement) -> f64| {
            format!("{:.3} s", median(self.0.iter().map(|pair| quantity(&pair[side])).collect()))
        };
        let wall = |side| middle(side, |run| run.wall);
        let cpu = |side| middle(side, Measurement::cpu);
        let times = |ratio: f64| format!("{ratio:.2} x");
        row([
            name,
            &wall(0),
            &wall(1),
            &times(self.ratio(|run| run.wall)),
            &cpu(0),
            &cpu(1),
            &times(self.ratio(Measurement::cpu)),
        ])
    }
}

#[derive(Debug)]
struct Options {
    against: Option<String>,
    events: u64,
    rounds: usize,
    only: Vec<String>,
    spectrum: Option<std::path::PathBuf>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options =
            Self { against: None, events: 1_000_000, rounds: 9, only: Vec::new(), spectrum: None };
        let mut arguments = arguments.iter();
        while let Some(flag) = arguments.next() {
            let Some(value) = arguments.next() else { bail!("{flag} needs a value, or is unknown\n{USAGE}") };
            match flag.as_str() {
                "--against" => options.against = Some(value.clone()),
                "--events" => options.events = super::options::number(value)?,
                "--rounds" => options.rounds = super::options::number(value)?.try_into()?,
                "--only" => options.only.push(value.clone()),
                "--spectrum" => options.spectrum = Some(std::path::absolute(value)?),
                _ => bail!("unknown argument '{flag}'\n{USAGE}"),
            }
        }
        for name in &options.only {
            if !SHAPES.iter().any(|shape| shape.name.contains(name.as_str())) {
                let known: Vec<_> = SHAPES.iter().map(|shape| shape.name).collect();
                bail!("no shape is named like '{name}' (there are: {})", known.join(", "));
            }
        }
        Ok(options)
    }

    fn chose(&self, shape: &Shape) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| shape.name.contains(name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(wall: f64, user: f64) -> Measurement {
        Measurement { wall, user, system: 0.0, peak_mib: 1.0 }
    }

    #[test]
    fn slower_is_the_middle_of_the_rounds_in_wall_and_in_cpu_time() {
        let before = run(1.0, 1.0);
        let of = |rounds: &[(f64, f64)]| {
            Sides(rounds.iter().map(|(wall, cpu)| [before, run(*wall, *cpu)]).collect()).is_slower()
        };
        assert!(of(&[(1.3, 1.3), (1.2, 1.2), (1.2, 1.2)]));
        assert!(!of(&[(1.2, 1.2), (1.0, 1.0), (1.2, 1.2)]), "undisturbed it is as fast");
        assert!(!of(&[(9.0, 9.0), (1.0, 1.0), (1.05, 1.05)]), "one bad round");
        assert!(!of(&[(1.5, 1.0); 3]), "the machine was busy: it waited longer, and worked as much");
        assert!(!of(&[(1.0, 1.5); 3]), "more work, and nobody waits for it");
        assert!(!of(&[(1.1, 1.1); 3]), "exactly a tenth");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let parse =
            |words: &[&str]| Options::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(parse(&["--fast", "1"]).unwrap_err().to_string().starts_with("unknown argument '--fast'"));
        assert!(
            parse(&["--only", "avro"]).unwrap_err().to_string().starts_with("no shape is named like 'avro'")
        );
        assert_eq!(parse(&["--against", "v1", "--rounds", "3"]).unwrap().rounds, 3);
    }
}
