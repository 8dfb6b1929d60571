//! 盘点: what should stand at a place, what was seen there, and what follows. The one rule of it: the verbs
//! ask it before an entry is made, and `apply` once more of every entry, whoever wrote it.

mod resolving;
mod rule;
mod step;

pub(super) use resolving::explained;
pub(super) use rule::off_book;
pub use rule::{Seen, Settling};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{
    canonical::sha256,
    container::{Standing, Status},
    facts::Table,
    ids::{IncidentId, PersonId, PlaceId, Seq, Serial, StocktakeId},
    incident::Incident,
    ledger::{Act, Kind, Prior, Record, Weighing},
    merkle::Hash,
    time::Time,
    words::words,
};

words! {
    /// Of what the amounts are counted, not only the containers.
    Amounts {
        /// Of what is watched or signed for (剧毒、易制爆、易制毒、麻精).
        Controlled = "controlled" "管控品",
        /// Of everything.
        All = "all" "全部",
    }
}

words! {
    /// Where something stands in a stocktake.
    Bucket {
        /// 相符: seen where the book has it, with what the book says as far as it was counted.
        Found = "found" "相符",
        /// 错位: seen where the book does not have it.
        Misplaced = "misplaced" "错位",
        /// 差异: more or less in it than in the book.
        Difference = "difference" "数量差异",
        /// 未见: expected and not seen.
        Missing = "missing" "未见",
        /// 不明: a code that is no label of this institution.
        Unknown = "unknown" "不明条码",
        /// 账外: it is there, and the book says that it was sent, disposed of or lost.
        OffBook = "off_book" "账外实物",
    }
}

words! {
    /// Whether a stocktake is under way.
    StocktakeState {
        /// 盘点中.
        Open = "open" "盘点中",
        /// 已结束.
        Closed = "closed" "已结束",
    }
}

/// A sampling plan (抽盘). The seed stands in the ledger before anything is counted: the sample are the
/// containers whose SHA-256 of `seed:serial` (both as text, the serial in decimal digits) come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// How many containers.
    pub size: u32,
    /// 256 random bits, hex.
    pub seed: String,
}

/// A stocktake of a place and of the places in it. What is expected is what stands there after the entry
/// before this one: `prev` of the entry is the head at which the list is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stocktake {
    /// The number within the institution.
    pub id: StocktakeId,
    /// The place.
    pub place: PlaceId,
    /// Of what the amounts are counted.
    pub amounts: Amounts,
    /// The sampling plan; absent when everything is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// How many containers stand there.
    pub expected: u32,
    /// SHA-256, hex, of their serials in order, each in decimal digits with a line feed.
    pub expected_sha256: String,
}

/// One scan (盘点扫描). It says how the container stood at that moment: what is counted is compared with that,
/// whatever was issued before or is issued later. A scan moves nothing and is no link in the chain of the
/// container's entries: what was asked for before goes on. Only one that puts the container where it was seen
/// has a container line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// Where whoever counts stands: the place scanned before.
    pub place: PlaceId,
    /// The container, as the book has it at that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Sight>,
    /// Or the code, where it is no label known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// It was looked for and is not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// What is in it, base units.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub amount: Option<i64>,
    /// How that was weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Weighing>,
    /// From now on it stands where it was seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub put_here: bool,
    /// What came of it.
    pub bucket: Bucket,
}

/// A container and how the book has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sight {
    /// Which.
    pub serial: Serial,
    /// How it stands, and the entry that had touched it last.
    pub book: Prior,
}

/// A finding is put right (处理盘点发现); the reason says how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// The container that was seen in the wrong place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
    /// Or the code that nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The incident in which what the book had no more was reported, where its class is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}

/// 盘盈盘亏: what was counted twice becomes what the book says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// The stocktake.
    pub stocktake: StocktakeId,
}

/// 疑似丢失: what a stocktake misses of watched classes leaves the book for `lost`, and an incident opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// The incident.
    pub incident: Incident,
}

/// What a stocktake came to, in containers and codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Expected, or drawn for the sample.
    pub expected: u32,
    /// Seen where and as the book has them.
    pub found: u32,
    /// Seen elsewhere.
    pub misplaced: u32,
    /// With more or less in them.
    pub difference: u32,
    /// Not seen.
    pub missing: u32,
    /// Codes that nobody knows.
    pub unknown: u32,
    /// Issued, moved or used up before anybody came to count them, or gone for good before what differs
    /// was settled.
    pub left: u32,
    /// Seen though the book says that they were sent, disposed of or lost.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub off_book: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands what it asks about by reference"
)]
const fn is_none_of_them(containers: &u32) -> bool {
    *containers == 0
}

/// The end of a stocktake (结束盘点).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StocktakeClosing {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// What it came to.
    pub totals: Totals,
}

/// A stocktake together with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What is counted.
    pub stocktake: Stocktake,
    /// The entry that began it, by whom and when.
    pub begun: Done,
    /// The entry that closed it, and what it came to.
    pub closed: Option<(Done, Totals)>,
}

/// Which entry did something, by whom and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The entry.
    pub entry: Seq,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Time,
}

/// The count of a container that stands: of several the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own, in a column of its own"
)]
pub struct Counted {
    /// The entry, by whom and when.
    pub done: Done,
    /// Where.
    pub place: PlaceId,
    /// It was looked for and not there.
    pub absent: bool,
    /// Seen where the book did not have it.
    pub misplaced: bool,
    /// Counted less the ledger at that moment, base units.
    pub difference: i64,
    /// Somebody else had counted before, of the same book, and found the same: not there, less, or more.
    pub confirmed: bool,
    /// Seen though the book says that it was sent, disposed of or lost.
    pub off_book: bool,
}

/// A container in a stocktake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Where it stood when the list was frozen; absent when it is not on the list.
    pub expected_at: Option<PlaceId>,
    /// The count that stands.
    pub count: Option<Counted>,
    /// Who has found that it does not agree with the book, since that was corrected last: none of two or more
    /// is the one to say otherwise.
    pub doubted_by: BTreeSet<PersonId>,
    /// The entry that made the book say what was counted.
    pub settled: Option<Seq>,
    /// The entry that put it into its place, or says how that was done.
    pub put_right: Option<Seq>,
}

/// Containers that stand alike in a stocktake: what it comes to is told of all of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// How they were counted: of several counts any.
    pub tally: Tally,
    /// How they stand now.
    pub standing: Standing,
    /// Since which entry: any that lies as theirs do, before the count or after it.
    pub last_entry: Seq,
    /// How many.
    pub containers: u32,
}

/// A code that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The code as it was read.
    pub code: String,
    /// The entry, by whom and when.
    pub done: Done,
    /// Where.
    pub place: PlaceId,
    /// The entry that says what became of it.
    pub resolved: Option<Seq>,
}

/// How far back an entry reaches that was made after a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// It takes back that entry.
    Entry(Seq),
    /// It tells of something that happened then.
    Moment(Time),
    /// It says how much there is, or that nothing is: whatever was counted before is in it already.
    Everything,
}

/// Stocktakes, as far as they are loaded.
#[derive(Clone, Debug, Default)]
pub struct Takings {
    /// Stocktakes.
    pub stocktakes: Table<StocktakeId, Running>,
    /// Containers in them.
    pub tallies: Table<(StocktakeId, Serial), Tally>,
    /// Codes that nobody knows, by the hash of the code.
    pub strays: Table<(StocktakeId, Hash), Stray>,
    members: BTreeMap<StocktakeId, BTreeSet<Serial>>,
    reaches: HashMap<Serial, Vec<(Seq, Reach)>>,
}

/// What a verb wants loaded of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StocktakeNeeds {
    /// Stocktakes.
    pub stocktakes: BTreeSet<StocktakeId>,
    /// Containers in stocktakes.
    pub tallies: BTreeSet<(StocktakeId, Serial)>,
    /// The entries that touched these containers since they were counted.
    pub since: BTreeSet<(StocktakeId, Serial)>,
    /// Codes that nobody knows.
    pub strays: BTreeSet<(StocktakeId, String)>,
    /// Stocktakes of which everything is wanted, with the containers.
    pub whole: BTreeSet<StocktakeId>,
    /// Those that are not closed.
    pub open: bool,
    /// What a new one of a place needs: everything that stands there and below, the open ones, the last one.
    pub beginning: BTreeSet<PlaceId>,
    /// Places that a command changes: one may come to lie where another command begins to count.
    pub changing: BTreeSet<PlaceId>,
}

impl StocktakeNeeds {
    /// Adds what another command needs.
    pub fn extend(&mut self, other: Self) {
        self.stocktakes.extend(other.stocktakes);
        self.tallies.extend(other.tallies);
        self.since.extend(other.since);
        self.strays.extend(other.strays);
        self.whole.extend(other.whole);
        self.open |= other.open;
        self.beginning.extend(other.beginning);
        self.changing.extend(other.changing);
    }
}

impl Takings {
    /// Puts in a container of a stocktake that the database has.
    pub fn load_tally(&mut self, key: (StocktakeId, Serial), tally: Tally) {
        self.members.entry(key.0).or_default().insert(key.1);
        self.tallies.load(key, tally);
    }

    fn put_tally(&mut self, key: (StocktakeId, Serial), tally: Tally) {
        self.members.entry(key.0).or_default().insert(key.1);
        self.tallies.put(key, tally);
    }

    /// The containers of a stocktake, as far as they are loaded.
    fn members(&self, stocktake: StocktakeId) -> impl Iterator<Item = (Serial, &Tally)> {
        let serials = self.members.get(&stocktake).into_iter().flatten();
        serials.filter_map(move |serial| Some((*serial, self.tallies.get((stocktake, *serial))?)))
    }

    /// Notes an entry that says of containers something about a time before it.
    pub fn note(&mut self, record: &Record) {
        let corrects = matches!(
            record.act.kind(),
            Kind::Variance | Kind::Loss | Kind::EndIncident
        );
        for line in &record.containers {
            let Some(prior) = line.before else { continue };
            // The whole bottle was weighed when it came back.
            let is_back = prior.standing.is_out() && !line.after.is_out();
            let reach = match (&record.act, record.occurred_at) {
                (Act::Reverse(reversal), _) => Reach::Entry(reversal.entry),
                (_, _) if corrects || is_back => Reach::Everything,
                (_, Some(moment)) => Reach::Moment(moment),
                (_, None) => continue,
            };
            let reaches = self.reaches.entry(line.serial).or_default();
            if reaches.iter().all(|(seq, _)| *seq != record.seq) {
                reaches.push((record.seq, reach));
            }
        }
    }

    /// Whether the book has been corrected for the time before a count since.
    fn is_outdated(&self, serial: Serial, counted: &Counted) -> bool {
        let mut reaches = self.reaches.get(&serial).into_iter().flatten();
        reaches.any(|(seq, reach)| {
            *seq > counted.done.entry
                && match reach {
                    Reach::Entry(entry) => *entry < counted.done.entry,
                    Reach::Moment(moment) => *moment < counted.done.at,
                    Reach::Everything => true,
                }
        })
    }
}

impl Sample {
    /// The place of a container in the order in which it is drawn.
    #[must_use]
    pub fn draw(&self, serial: Serial) -> Hash {
        sha256(format!("{}:{serial}", self.seed).as_bytes())
    }

    /// Those of the containers that are drawn.
    #[must_use]
    pub fn of(&self, mut expected: Vec<(Serial, PlaceId)>) -> Vec<(Serial, PlaceId)> {
        expected.sort_by_cached_key(|(serial, _)| self.draw(*serial).0);
        expected.truncate(usize::try_from(self.size).unwrap_or(usize::MAX));
        expected
    }
}

/// What identifies a list of containers: SHA-256, hex, of their serials, a line each.
#[must_use]
pub fn list_digest(expected: &[(Serial, PlaceId)]) -> String {
    let serials: Vec<String> = expected
        .iter()
        .map(|(serial, _)| serial.to_string())
        .collect();
    let mut lines = serials.join("\n");
    if !lines.is_empty() {
        lines.push('\n');
    }
    sha256(lines.as_bytes()).to_hex()
}

/// The key of a code that nobody knows.
#[must_use]
pub fn stray_key(stocktake: StocktakeId, code: &str) -> (StocktakeId, Hash) {
    (stocktake, sha256(code.as_bytes()))
}

impl Counted {
    /// Whether it does not agree with the book.
    #[must_use]
    pub const fn differs(&self) -> bool {
        self.absent || self.difference != 0
    }

    /// Whether a count after it says the same: not there, less, or more.
    #[must_use]
    const fn agrees(&self, later: &Self) -> bool {
        self.absent == later.absent && self.difference.signum() == later.difference.signum()
    }
}

impl Tally {
    /// Where a container stands in its stocktake, and whether there is something left to do about it;
    /// nothing for one that left before anybody came to count it, or before its difference was settled. `now` is how it stands `since` an entry,
    /// where it is in a place of the stocktake `here`.
    #[must_use]
    pub fn bucket(&self, now: &Standing, since: Seq, here: bool) -> Option<(Bucket, bool)> {
        let stands = now.stands_at().is_some() && here;
        let Some(count) = self.count else {
            return stands.then_some((Bucket::Missing, true));
        };
        let open = self.settled.is_none();
        if count.absent {
            return (stands || !open).then_some((Bucket::Missing, open));
        }
        let in_place = self.put_right.is_some() || now.stands_at() == Some(count.place);
        if count.difference != 0 {
            // Sent, disposed of or lost since: what was wrong with it shows there, and nothing of it can be
            // posted here any more. What a person has comes back, and is settled then.
            let is_gone = match now.status {
                Status::InStock | Status::Empty | Status::Waste | Status::CheckedOut => false,
                // Counted when it was lost already, it is found.
                Status::Lost => since > count.done.entry,
                Status::Disposed | Status::InTransit | Status::Sent | Status::Void => true,
            };
            if open && is_gone {
                return None;
            }
            let misplaced = count.misplaced && !in_place;
            return Some((Bucket::Difference, open || misplaced));
        }
        if count.off_book {
            return Some((Bucket::OffBook, !in_place));
        }
        if count.misplaced {
            return Some((Bucket::Misplaced, !in_place));
        }
        Some((Bucket::Found, false))
    }
}

impl Counted {
    /// What came of the count.
    #[must_use]
    pub const fn bucket(&self) -> Bucket {
        if self.absent {
            Bucket::Missing
        } else if self.difference != 0 {
            Bucket::Difference
        } else if self.off_book {
            Bucket::OffBook
        } else if self.misplaced {
            Bucket::Misplaced
        } else {
            Bucket::Found
        }
    }
}

impl Totals {
    /// So many more.
    pub const fn add(&mut self, bucket: Bucket, more: u32) {
        let count = match bucket {
            Bucket::Found => &mut self.found,
            Bucket::Misplaced => &mut self.misplaced,
            Bucket::Difference => &mut self.difference,
            Bucket::Missing => &mut self.missing,
            Bucket::Unknown => &mut self.unknown,
            Bucket::OffBook => &mut self.off_book,
        };
        *count += more;
    }
}
