//! Random histories of two hospitals, told to an independent reference and to the program on both
//! backends: all must agree after every step, and the entries of both backends must be the same.
//!
//! `FULL=1` runs ≥ 300,000 commands. `MODEL_SEED=n` starts the seeds at n, `MODEL_HISTORIES=n` tells n
//! histories of each sort, `MODEL_SHORTENING=n` makes a failing one shorter for n seconds.

mod act;
mod asking;
mod cases;
mod chance;
mod counting;
mod hospital;
mod invent;
mod keeping;
mod lines;
mod mixes;
mod movements;
mod periods;
mod purchases;
mod reference;
mod register;
mod rights;
mod shipping;
mod shopping;
mod signing;
mod staff;
mod staffing;
mod stocking;
mod stocktakes;
mod transfers;
mod vessels;
mod wastes;
pub mod world;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use act::{Act, Sent, Step};
use cases::CaseAct;
use reference::{Reference, Verdict};
use world::{Outcome, World};

use crate::harness::server::START;
use hazledger::domain::ids::Label;
use hazledger::domain::ledger::Kind;
use hazledger::domain::time::Time;
use hazledger::domain::verb::Release;

/// How long a failing history may be made shorter.
const SHRINKING: Duration = Duration::from_secs(60);

type Backend = fn() -> Option<World>;

const BACKENDS: [Backend; 2] = [World::sqlite, World::postgres];

/// How the commands of histories ended.
#[derive(Default)]
struct Tally {
    commands: usize,
    /// Carried out, with an entry or without.
    carried: usize,
    /// Entries by kind, those that the program writes by itself too.
    accepted: BTreeMap<String, usize>,
    replayed: usize,
    refused: BTreeMap<&'static str, usize>,
    /// Where the time went.
    spent: BTreeMap<&'static str, Duration>,
}

#[test]
fn histories_told_one_by_one_agree() {
    if is_full() {
        tell(20, 500, 1);
    } else {
        tell(2, 250, 1);
    }
}

#[test]
fn histories_told_many_at_once_agree() {
    if is_full() {
        tell(60, 5_000, 400);
    } else {
        tell(2, 1_800, 120);
    }
}

/// Kinds of entries that two hospitals do not write: the default policies are in the ledger of the system
/// since it was made, a bureau's reviews and the heads that it keeps are in the bureau's (`submissions`,
/// `pulls`), and the audit log is another log.
const ELSEWHERE: [&str; 4] = ["policy", "review", "keep_head", "audit"];

fn is_full() -> bool {
    env::var_os("FULL").is_some_and(|value| value == "1")
}

fn number(variable: &str) -> Option<u64> {
    let given = env::var(variable).ok()?;
    Some(given.parse().unwrap())
}

/// Tells histories of consecutive seeds; panics with the first that fails, made short.
fn tell(histories: u64, commands: usize, most_at_once: usize) {
    let first = number("MODEL_SEED").unwrap_or(1);
    let histories = number("MODEL_HISTORIES").unwrap_or(histories);
    let mut tally = Tally::default();
    for seed in first..first + histories {
        let steps = invent::history(seed, commands, most_at_once);
        if let Err(difference) = play(&steps, &BACKENDS, &mut tally) {
            // What is left may differ in another way.
            let (steps, shortened) = shorten(steps, difference.clone());
            panic!(
                "seed {seed}, at most {most_at_once} at once: {difference}\nshortened: {shortened}\n{}",
                print(&steps)
            );
        }
    }
    if tally.commands >= 100_000 {
        let never = Kind::ALL.iter().map(|kind| kind.as_str());
        let never: Vec<_> = never
            .filter(|kind| !ELSEWHERE.contains(kind) && !tally.accepted.contains_key(*kind))
            .collect();
        assert_eq!(never, Vec::<&str>::new(), "these acts were never accepted");
    }
    let seeds = format!(
        "seeds {first} to {}, at most {most_at_once} at once",
        first + histories - 1
    );
    std::io::stderr()
        .write_all(format!("{} ({seeds})\n", tally.report()).as_bytes())
        .unwrap();
}

/// Tells one history to everybody; the first difference as text.
fn play(steps: &[Step], backends: &[Backend], tally: &mut Tally) -> Result<(), String> {
    let mut reference = Reference::starting_at(START.parse::<Time>().unwrap().millis());
    let mut worlds: Vec<World> = tally.timed("starting", || {
        backends.iter().filter_map(|start| start()).collect()
    });
    for step in steps {
        match step {
            Step::Pass { milliseconds } => {
                reference.clock += milliseconds;
                worlds.iter().for_each(|world| world.pass(*milliseconds));
            }
            Step::Restart => tally.timed("starting", || {
                worlds.iter_mut().for_each(World::restart);
            }),
            Step::Deliver => {
                reference.deliver();
                for world in &mut worlds {
                    tally.timed("delivering", || world.deliver());
                    tally.timed("comparing", || same_state(&reference, world))?;
                }
            }
            Step::Together(commands) => {
                reference.batch += 1;
                let judge = |sent: &Sent| reference.judge(sent);
                let verdicts: Vec<_> =
                    tally.timed("judging", || commands.iter().map(judge).collect());
                for world in &mut worlds {
                    let outcomes = tally.timed(world.name, || world.send(commands));
                    for ((sent, verdict), outcome) in commands.iter().zip(&verdicts).zip(&outcomes)
                    {
                        agree(verdict, outcome)
                            .map_err(|what| format!("{}: {what}\n  {sent:?}", world.name))?;
                    }
                    if world.name == "sqlite" {
                        tally.count(commands, &outcomes);
                    }
                    let compared = tally.timed("comparing", || same_state(&reference, world));
                    compared.map_err(|what| {
                        let told: Vec<_> = commands.iter().zip(&verdicts).collect();
                        format!("{what}\nafter {told:?}")
                    })?;
                    same_scan(&reference, world, commands)?;
                }
            }
        }
    }
    let ends = worlds.iter_mut().map(World::finish);
    let ends = tally.timed("finishing", || ends.collect::<Result<Vec<_>, _>>());
    let mut ends = ends?.into_iter();
    for (kind, count) in worlds.first().into_iter().flat_map(|world| &world.kinds) {
        *tally.accepted.entry(kind.clone()).or_default() += count;
    }
    let first = ends.next().unwrap_or_default();
    for other in ends {
        let mut pairs = first.iter().zip(&other);
        if let Some((a, b)) = pairs.find(|(a, b)| a != b) {
            return Err(format!("the backends wrote different entries:\n{a}\n{b}"));
        }
        if first.len() != other.len() {
            return Err(format!(
                "{} entries here, {} there",
                first.len(),
                other.len()
            ));
        }
    }
    Ok(())
}

fn agree(verdict: &Verdict, outcome: &Outcome) -> Result<(), String> {
    let is_same = match (verdict, outcome) {
        (
            Verdict::Accepted { answer, replayed },
            Outcome::Accepted {
                answer: told,
                replayed: again,
            },
        ) => answer == told && replayed == again,
        (Verdict::Refused(reasons), Outcome::Refused(code)) => reasons.contains(code),
        _ => false,
    };
    if is_same {
        Ok(())
    } else {
        Err(format!("expected {verdict:?}, got {outcome:?}"))
    }
}

/// Bottles, totals, holdings, accounts, places, products, sizes of logs, keys: line for line.
fn same_state(reference: &Reference, world: &mut World) -> Result<(), String> {
    let (expected, found) = (reference.lines(), world.lines());
    if expected == found {
        return Ok(());
    }
    let mut text = format!("{}: the state differs:", world.name);
    for line in expected.iter().filter(|line| !found.contains(line)) {
        write!(text, "\n  expected {line}").unwrap();
    }
    for line in found.iter().filter(|line| !expected.contains(line)) {
        write!(text, "\n  found    {line}").unwrap();
    }
    Err(text)
}

/// A label named by the last command, scanned in both hospitals.
fn same_scan(reference: &Reference, world: &World, commands: &[Sent]) -> Result<(), String> {
    let labels = commands.last().map_or(vec![], |sent| labels(&sent.act));
    let Some(label) = labels.last() else {
        return Ok(());
    };
    for institution in [1, 2]
        .into_iter()
        .filter(|id| reference.hospitals.contains_key(id))
    {
        let (expected, found) = (
            reference.scan(institution, *label),
            world.scan(institution, *label),
        );
        let is_same = match (&expected, &found) {
            (Ok(amount), Ok(seen)) => amount == seen,
            (Err(reasons), Err(code)) => reasons.contains(code.as_str()),
            _ => false,
        };
        if !is_same {
            let name = world.name;
            return Err(format!(
                "{name}: {institution} scans {label}: expected {expected:?}, got {found:?}"
            ));
        }
    }
    Ok(())
}

fn labels(act: &Act) -> Vec<Label> {
    match act {
        Act::Checkout(checkout) => vec![checkout.label],
        Act::Move(moved) => moved.labels.clone(),
        Act::Split(split) => vec![split.label],
        Act::Mix(mix) => mix.inputs.iter().map(|input| input.label).collect(),
        Act::Waste(waste) => waste.labels.clone(),
        Act::Dispose(dispose) => dispose
            .disposal
            .items
            .iter()
            .map(|item| item.label)
            .collect(),
        Act::Send(sending) => sending.labels.clone(),
        Act::Accept(accept) => accept.accepted.iter().map(|line| line.label).collect(),
        Act::Reclaim(reclaim) => reclaim.labels.clone(),
        Act::Use(used) => vec![used.label],
        Act::GiveBack(returned) => vec![returned.label],
        Act::Reprint(reprint) => vec![reprint.label],
        Act::Settle(variance) => variance.labels.clone(),
        Act::Scan(scan) => scan.code.parse().into_iter().collect(),
        Act::Book(book) => book.counted.iter().map(|look| look.label).collect(),
        Act::HandOver(hand) => hand.counted.iter().map(|one| one.label).collect(),
        Act::Release(Release(checkout)) => vec![checkout.label],
        Act::Ask(ask) => labels(&ask.what),
        Act::Sign(signs) => labels(&signs.what),
        Act::Case(CaseAct::Report(report)) => report.labels.clone(),
        Act::Reverse(_)
        | Act::Staff(_)
        | Act::Buy(_)
        | Act::Case(_)
        | Act::Submit(_)
        | Act::Answer(_)
        | Act::Resolve(_)
        | Act::Begin(_)
        | Act::Close(_)
        | Act::Found(_)
        | Act::Enrol(_)
        | Act::Secret(_)
        | Act::Appoint(_)
        | Act::Place(_)
        | Act::Product(_)
        | Act::Receive(_)
        | Act::Open(_)
        | Act::Register(_)
        | Act::StepVessel(_) => vec![],
    }
}

/// Leaves out ever smaller parts, of the steps and then of what is sent together, for as long as
/// something still differs.
fn shorten(mut steps: Vec<Step>, mut difference: String) -> (Vec<Step>, String) {
    let given = number("MODEL_SHORTENING").map(Duration::from_secs);
    let end = Instant::now() + given.unwrap_or(SHRINKING);
    let backends = match tell_once(&steps, &[World::sqlite]) {
        Err(_) => &BACKENDS[..1],
        Ok(()) => &BACKENDS[..],
    };
    let mut part = steps.len();
    while part > 0 {
        let mut at = 0;
        while at < steps.len() && Instant::now() < end {
            let mut shorter = steps.clone();
            shorter.drain(at..(at + part).min(steps.len()));
            match tell_once(&shorter, backends) {
                Err(what) => (steps, difference) = (shorter, what),
                Ok(()) => at += part,
            }
        }
        part /= 2;
    }
    for step in 0..steps.len() {
        let mut at = 0;
        while let Step::Together(commands) = &steps[step]
            && at < commands.len()
            && Instant::now() < end
        {
            let mut fewer = commands.clone();
            fewer.remove(at);
            let mut shorter = steps.clone();
            shorter[step] = Step::Together(fewer);
            match tell_once(&shorter, backends) {
                Err(what) => (steps, difference) = (shorter, what),
                Ok(()) => at += 1,
            }
        }
    }
    (steps, difference)
}

fn tell_once(steps: &[Step], backends: &[Backend]) -> Result<(), String> {
    play(steps, backends, &mut Tally::default())
}

fn print(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Together(commands) => {
                for sent in commands {
                    writeln!(text, "    {sent:?}").unwrap();
                }
            }
            Step::Pass { .. } | Step::Restart | Step::Deliver => {
                writeln!(text, "  {step:?}").unwrap()
            }
        }
    }
    text
}

impl Tally {
    fn timed<T>(&mut self, what: &'static str, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let done = work();
        *self.spent.entry(what).or_default() += begin.elapsed();
        done
    }

    fn count(&mut self, commands: &[Sent], outcomes: &[Outcome]) {
        self.commands += commands.len();
        for outcome in outcomes {
            match outcome {
                Outcome::Accepted { replayed: true, .. } => self.replayed += 1,
                Outcome::Accepted { .. } => self.carried += 1,
                Outcome::Refused(code) => *self.refused.entry(code).or_default() += 1,
                Outcome::Failed(_) => {}
            }
        }
    }

    fn report(&self) -> String {
        let carried = self.carried;
        let refused: usize = self.refused.values().sum();
        format!(
            "model: {} commands, {carried} accepted, {} replayed, {refused} refused {:?}, entries {:?}, \
             spent {:.1?}",
            self.commands, self.replayed, self.refused, self.accepted, self.spent
        )
    }
}
