//! 收支: where amounts are, and how they come and go, reckoned from what entries say.
//!
//! A container counts at its place while it is in stock, and with persons while it is checked out; empty
//! and void ones count nowhere, and waste is out of stock; so is what was sent to another institution, from
//! the moment at which it leaves: it is never counted at two. What was taken out of a container and is
//! neither used nor back is with persons too. The postings of an entry on one container make transfers
//! from where an amount was to where it went, and the two ends say why it went.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    container::{Standing, Status},
    facts::Total,
    ids::{IdError, PlaceId, ProductId, Serial},
    ledger::{self, ContainerLine, Posting},
    words::words,
};

/// Where an amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// At a place (在库).
    Place(PlaceId),
    /// With persons (领用在外): whole containers, and what was taken out of one.
    Persons,
}

/// The word for what is with persons.
const PERSONS: &str = "persons";

impl Spot {
    /// Where a container counts.
    #[must_use]
    pub const fn of(standing: &Standing) -> Option<Self> {
        match standing.status {
            Status::InStock => Some(Self::Place(standing.place)),
            Status::CheckedOut => Some(Self::Persons),
            Status::Empty
            | Status::Waste
            | Status::Disposed
            | Status::InTransit
            | Status::Sent
            | Status::Lost
            | Status::Void => None,
        }
    }

    /// The place.
    #[must_use]
    pub const fn place(self) -> Option<PlaceId> {
        match self {
            Self::Place(place) => Some(place),
            Self::Persons => None,
        }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(place) => place.fmt(f),
            Self::Persons => f.write_str(PERSONS),
        }
    }
}

impl FromStr for Spot {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == PERSONS {
            Ok(Self::Persons)
        } else {
            text.parse().map(Self::Place)
        }
    }
}

words! {
    /// 收支项目: why an amount came to where it counts, or went from there.
    Flow {
        /// 验收入库, from a supplier.
        Received = "received" "验收入库",
        /// 期初入账: it was there when the book began.
        OpeningStock = "opening_stock" "期初入账",
        /// 分装, between containers.
        Split = "split" "分装",
        /// 配制: made of something else, which counts as used.
        Made = "made" "配制",
        /// 移库, between places.
        Moved = "moved" "移库",
        /// 领用, from a place to a person.
        CheckedOut = "checked_out" "领用",
        /// 归还, from a person to a place.
        Returned = "returned" "归还",
        /// 使用, by a person or straight from a container.
        Used = "used" "使用",
        /// 转废: it became waste, which is out of stock.
        Wasted = "wasted" "转废",
        /// 调出, to another institution: it is on the road, there, or was lost on the way.
        TransferredOut = "transferred_out" "调出",
        /// 调入, from another institution.
        TransferredIn = "transferred_in" "调入",
        /// 退回入库, of what another institution refused.
        Reclaimed = "reclaimed" "退回入库",
        /// 盘盈盘亏: a stocktake found more or less.
        Variance = "variance" "盘盈盘亏",
        /// 丢失: missing, and reported.
        Lost = "lost" "丢失",
        /// 找回 of what was lost.
        FoundAgain = "found_again" "找回",
        /// 冲正 of an entry of this or an earlier period, whatever it had done.
        Corrected = "corrected" "冲正",
    }
}

/// How an amount can come.
pub const INS: [Flow; 12] = [
    Flow::Received,
    Flow::OpeningStock,
    Flow::Split,
    Flow::Made,
    Flow::Moved,
    Flow::CheckedOut,
    Flow::Returned,
    Flow::TransferredIn,
    Flow::Reclaimed,
    Flow::Variance,
    Flow::FoundAgain,
    Flow::Corrected,
];

/// How it can go.
pub const OUTS: [Flow; 10] = [
    Flow::Split,
    Flow::Moved,
    Flow::CheckedOut,
    Flow::Returned,
    Flow::Used,
    Flow::Wasted,
    Flow::TransferredOut,
    Flow::Variance,
    Flow::Lost,
    Flow::Corrected,
];

/// What entries say does not add up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A sum beyond what can be booked.
    #[error("a sum overflows")]
    Overflow,
    /// Amounts that come from nowhere or go nowhere.
    #[error("entry {0} does not balance")]
    Unbalanced(i64),
    /// A posting on a container that is at no place and with nobody.
    #[error("entry {0}: a container nowhere")]
    Nowhere(i64),
}

fn add(sum: &mut i64, amount: i64) -> Result<(), UsageError> {
    *sum = sum.checked_add(amount).ok_or(UsageError::Overflow)?;
    Ok(())
}

/// What came to a line and went from it, base units by flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turnover {
    /// What came.
    pub ins: BTreeMap<Flow, i64>,
    /// What went.
    pub outs: BTreeMap<Flow, i64>,
    /// Of what came back by corrections: what had been booked as used and was not.
    pub use_corrected: i64,
}

impl Turnover {
    /// Whether nothing came or went.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.ins.is_empty() && self.outs.is_empty()
    }

    /// Takes out what only went from one line to another of those summed.
    pub fn cancel(&mut self, flows: &[Flow]) {
        for flow in flows {
            let both = [self.ins.get(flow), self.outs.get(flow)];
            let least = both.map(|amount| amount.copied().unwrap_or(0));
            let inside = least.into_iter().min().unwrap_or(0);
            for side in [&mut self.ins, &mut self.outs] {
                if let Some(amount) = side.get_mut(flow) {
                    *amount -= inside;
                }
            }
        }
    }

    /// Adds that of another period.
    ///
    /// # Errors
    /// [`UsageError::Overflow`].
    pub fn add(&mut self, other: &Self) -> Result<(), UsageError> {
        for (flow, amount) in &other.ins {
            add(self.ins.entry(*flow).or_default(), *amount)?;
        }
        for (flow, amount) in &other.outs {
            add(self.outs.entry(*flow).or_default(), *amount)?;
        }
        add(&mut self.use_corrected, other.use_corrected)
    }
}

/// What entries did to each line: a product at a place, or with persons.
#[derive(Clone, Debug, Default)]
pub struct Turnovers {
    /// Why amounts came and went.
    pub flows: BTreeMap<(Spot, ProductId), Turnover>,
    /// By how much amounts grew, as the postings say it: another way to the sum of the flows.
    pub grown: BTreeMap<(Spot, ProductId), i64>,
}

impl Turnovers {
    /// Books an entry: what it did on each container, as transfers.
    ///
    /// # Errors
    /// [`UsageError`].
    pub fn book(
        &mut self,
        seq: i64,
        lines: &[AmountLine],
        is_reversal: bool,
    ) -> Result<(), UsageError> {
        let mut ends: BTreeMap<(Serial, ProductId), BTreeMap<End, i64>> = BTreeMap::new();
        for line in lines {
            let container = ends.entry((line.serial, line.product)).or_default();
            add(container.entry(line.end).or_default(), line.amount)?;
            if let Some(key) = line.key() {
                add(self.grown.entry(key).or_default(), line.amount)?;
            }
        }
        let mut between: BTreeMap<ProductId, i64> = BTreeMap::new();
        for ((_, product), ends) in ends {
            let open = self.contents(product, ends, is_reversal)?;
            add(between.entry(product).or_default(), open)?;
        }
        if between.values().any(|open| *open != 0) {
            return Err(UsageError::Unbalanced(seq));
        }
        Ok(())
    }

    /// Books what an entry did on one container, given its lines alone.
    ///
    /// # Errors
    /// [`UsageError::Overflow`].
    pub fn book_container(
        &mut self,
        lines: &[AmountLine],
        is_reversal: bool,
    ) -> Result<(), UsageError> {
        let mut ends: BTreeMap<ProductId, BTreeMap<End, i64>> = BTreeMap::new();
        for line in lines {
            let of = ends.entry(line.product).or_default();
            add(of.entry(line.end).or_default(), line.amount)?;
        }
        for (product, ends) in ends {
            self.contents(product, ends, is_reversal)?;
        }
        Ok(())
    }

    /// Books what went from where to where of one container; answers what its lines leave open, which went to
    /// or came from another one.
    fn contents(
        &mut self,
        product: ProductId,
        mut ends: BTreeMap<End, i64>,
        is_reversal: bool,
    ) -> Result<i64, UsageError> {
        let mut open = 0;
        for amount in ends.values() {
            add(&mut open, *amount)?;
        }
        ends.insert(End::Elsewhere, -open);
        for transfer in transfers(ends) {
            self.transfer(product, transfer, is_reversal)?;
        }
        Ok(open)
    }

    fn transfer(
        &mut self,
        product: ProductId,
        (from, to, amount): (End, End, i64),
        is_reversal: bool,
    ) -> Result<(), UsageError> {
        let flow = if is_reversal {
            Flow::Corrected
        } else {
            flow(from, to)
        };
        if let End::Spot(spot) = from {
            let turnover = self.flows.entry((spot, product)).or_default();
            add(turnover.outs.entry(flow).or_default(), amount)?;
        }
        if let End::Spot(spot) = to {
            let turnover = self.flows.entry((spot, product)).or_default();
            add(turnover.ins.entry(flow).or_default(), amount)?;
            // Seen the other way round it is what was taken back.
            if is_reversal && self::flow(to, from) == Flow::Used {
                add(&mut turnover.use_corrected, amount)?;
            }
        }
        Ok(())
    }
}

/// Where an amount comes from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A supplier.
    Supplier,
    /// What was there when the book began.
    Opening,
    /// A place, or persons.
    Spot(Spot),
    /// Another container.
    Elsewhere,
    /// Used up.
    Consumed,
    /// What mixtures are made of, and what is made.
    Made,
    /// Waste, here still or gone.
    Waste,
    /// On the road to another institution.
    Road,
    /// At another institution.
    Peer,
    /// What counts found more or less.
    Variance,
    /// Missing.
    Lost,
}

/// A posting as far as turnovers need it.
#[derive(Clone, Copy, Debug)]
pub struct AmountLine {
    serial: Serial,
    product: ProductId,
    /// Where the amount is.
    pub end: End,
    /// How much more is there, base units.
    pub amount: i64,
}

impl AmountLine {
    /// What a posting of that entry says.
    ///
    /// # Errors
    /// [`UsageError::Nowhere`].
    pub const fn of(seq: i64, posting: &Posting) -> Result<Self, UsageError> {
        let end = match posting.account {
            ledger::Account::Supplier => End::Supplier,
            ledger::Account::Opening => End::Opening,
            ledger::Account::Consumed => End::Consumed,
            ledger::Account::Waste | ledger::Account::Vessel | ledger::Account::Disposed => {
                End::Waste
            }
            ledger::Account::Made => End::Made,
            ledger::Account::InTransit => End::Road,
            ledger::Account::Peer => End::Peer,
            ledger::Account::Variance => End::Variance,
            ledger::Account::Lost => End::Lost,
            ledger::Account::Held => End::Spot(Spot::Persons),
            ledger::Account::Container => match (posting.holder, posting.place) {
                (Some(_), _) => End::Spot(Spot::Persons),
                (None, Some(place)) => End::Spot(Spot::Place(place)),
                (None, None) => return Err(UsageError::Nowhere(seq)),
            },
        };
        Ok(Self {
            serial: posting.container,
            product: posting.product,
            end,
            amount: posting.amount,
        })
    }

    /// The line that it is in, if it counts in one.
    #[must_use]
    pub const fn key(&self) -> Option<(Spot, ProductId)> {
        match self.end {
            End::Spot(spot) => Some((spot, self.product)),
            End::Supplier
            | End::Opening
            | End::Elsewhere
            | End::Consumed
            | End::Made
            | End::Waste
            | End::Road
            | End::Peer
            | End::Variance
            | End::Lost => None,
        }
    }
}

/// What moved from where to where, given what each end lost or got; together they got what they lost.
fn transfers(ends: BTreeMap<End, i64>) -> Vec<(End, End, i64)> {
    let mut losers: Vec<_> = ends
        .iter()
        .filter(|(_, amount)| **amount < 0)
        .map(|(end, amount)| (*end, -amount))
        .collect();
    let mut moved = Vec::new();
    for (to, mut missing) in ends.into_iter().filter(|(_, amount)| *amount > 0) {
        for (from, left) in &mut losers {
            let amount = missing.min(*left);
            if amount > 0 {
                moved.push((*from, to, amount));
            }
            missing -= amount;
            *left -= amount;
        }
    }
    moved
}

/// The column of what went from one end to another.
const fn flow(from: End, to: End) -> Flow {
    match (from, to) {
        (End::Supplier, _) => Flow::Received,
        (End::Opening, _) => Flow::OpeningStock,
        (End::Variance, _) | (_, End::Variance) => Flow::Variance,
        (End::Lost, _) => Flow::FoundAgain,
        (_, End::Lost) => Flow::Lost,
        (_, End::Consumed | End::Made) => Flow::Used,
        (End::Made, _) => Flow::Made,
        (_, End::Waste) => Flow::Wasted,
        (End::Peer, End::Spot(_)) => Flow::TransferredIn,
        (End::Road, End::Spot(_)) => Flow::Reclaimed,
        (_, End::Road | End::Peer) => Flow::TransferredOut,
        (End::Elsewhere, _) | (_, End::Elsewhere) => Flow::Split,
        (End::Spot(Spot::Place(_)), End::Spot(Spot::Persons)) => Flow::CheckedOut,
        (End::Spot(Spot::Persons), End::Spot(Spot::Place(_))) => Flow::Returned,
        (End::Spot(_), End::Spot(_)) => Flow::Moved,
        // Against the current: only a reversal does so.
        (End::Consumed | End::Waste | End::Road | End::Peer, _)
        | (_, End::Supplier | End::Opening) => Flow::Corrected,
    }
}

/// What is where, summed by product.
pub type Totals = BTreeMap<(Spot, ProductId), Total>;

/// What an entry adds to the totals: the lines of containers say where each stood before and after, and
/// what was held out of them the postings. Postings alone do not say the first, since the entry that
/// takes an emptied bottle back posts nothing and yet ends its time with a person.
///
/// # Errors
/// [`UsageError::Overflow`], and what `product` answers of a container of which nothing was posted.
pub fn change<E: From<UsageError>>(
    totals: &mut Totals,
    containers: &[ContainerLine],
    postings: &[Posting],
    mut product: impl FnMut(Serial) -> Result<ProductId, E>,
) -> Result<(), E> {
    for posting in postings {
        if posting.account == ledger::Account::Held {
            let total = totals.entry((Spot::Persons, posting.product)).or_default();
            add(&mut total.amount, posting.amount)?;
        }
    }
    for line in containers {
        let prior = line.before.map(|prior| prior.standing);
        for (standing, sign) in [(prior, -1), (Some(line.after), 1)] {
            let Some((spot, standing)) = standing.and_then(|one| Some((Spot::of(&one)?, one)))
            else {
                continue;
            };
            let total = totals.entry((spot, product(line.serial)?)).or_default();
            total.containers += sign;
            add(&mut total.amount, sign * standing.amount)?;
        }
    }
    Ok(())
}

/// The months of a ledger, each closed when an entry of a later one comes: times do not decrease, so
/// nothing is ever added to it again.
#[derive(Clone, Debug, Default)]
pub struct Months {
    totals: Totals,
    turnovers: Turnovers,
}

impl Months {
    /// Goes on from what was there at the end of a month.
    #[must_use]
    pub fn from(totals: Totals) -> Self {
        Self {
            totals,
            turnovers: Turnovers::default(),
        }
    }

    /// Books an entry of the month.
    ///
    /// # Errors
    /// [`UsageError`], and as [`change`].
    pub fn entry<E: From<UsageError>>(
        &mut self,
        seq: i64,
        (containers, postings): (&[ContainerLine], &[Posting]),
        is_reversal: bool,
        product: impl FnMut(Serial) -> Result<ProductId, E>,
    ) -> Result<(), E> {
        let lines = postings.iter().map(|posting| AmountLine::of(seq, posting));
        let lines: Vec<AmountLine> = lines.collect::<Result<_, _>>()?;
        self.turnovers.book(seq, &lines, is_reversal)?;
        change(&mut self.totals, containers, postings, product)
    }

    /// What is where now; also nothing of what was there once.
    #[must_use]
    pub const fn balance(&self) -> &Totals {
        &self.totals
    }

    /// Closes the month: what moved in it.
    #[must_use]
    pub fn close(&mut self) -> BTreeMap<(Spot, ProductId), Turnover> {
        std::mem::take(&mut self.turnovers).flows
    }
}
