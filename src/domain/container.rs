//! A container: one thing, one label, one place, one state, one book dimension for life.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    ids::{Generation, IncidentId, Label, PersonId, PlaceId, ProductId, Seq, Serial},
    ledger::Account,
    quantity::{Density, Dimension, Quantity, QuantityError},
    time::Time,
    words::words,
};

/// Most that one act may book, in base units: 1,000 t, 1,000 m³. More is a slip of the unit or a bar code in the
/// wrong field, and the totals of a place must never come near the end of an `i64`.
pub const MOST_BOOKED: i64 = 1_000_000_000_000_000;

words! {
    /// The state of a container.
    Status {
        /// 在库: stands at a place.
        InStock = "in_stock" "在库",
        /// 领用在外: the whole container is with a person.
        CheckedOut = "checked_out" "领用在外",
        /// 空: nothing left; the label stays known.
        Empty = "empty" "空",
        /// 废弃待处置: hazardous waste, where it stands.
        Waste = "waste" "废弃待处置",
        /// 已处置.
        Disposed = "disposed" "已处置",
        /// 在途: on the road to another institution, or back from it.
        InTransit = "in_transit" "在途",
        /// 已调出: another institution has it now, or what is left of it.
        Sent = "sent" "已调出",
        /// 丢失: it is not where it should be, and nobody knows where.
        Lost = "lost" "丢失",
        /// 作废: its receipt was reversed, it never counted.
        Void = "void" "作废",
    }
}

words! {
    /// What happens to a container, as far as its state is concerned.
    Event {
        /// Part of the content leaves it, to a person or into other containers.
        TakePart = "take_part" "部分领用",
        /// The container itself leaves to a person.
        TakeWhole = "take_whole" "整瓶领用",
        /// Something of what a person holds outside the container is used up.
        Settle = "settle" "结清领用",
        /// What a person held outside the container is put back into it.
        PutBack = "put_back" "部分归还",
        /// Content is used straight from the container.
        Consume = "consume" "使用",
        /// The whole container comes back.
        BringBack = "bring_back" "整瓶归还",
        /// It goes to another place.
        Move = "move" "移库",
        /// It gets a new label.
        Reprint = "reprint" "重印标签",
        /// Content goes into a waste container.
        PourAway = "pour_away" "倒入废物容器",
        /// It becomes waste.
        Discard = "discard" "转废",
        /// As waste it leaves for good.
        Dispose = "dispose" "处置",
        /// It leaves for another institution.
        Send = "send" "调出",
        /// The other institution has accepted it.
        Deliver = "deliver" "交付",
        /// The other institution refused it, and it comes back.
        Reclaim = "reclaim" "退回入库",
        /// It never arrived, or never came back.
        Miss = "miss" "未到货",
        /// A count found more or less in it than the book says.
        Adjust = "adjust" "盘盈盘亏",
        /// It is not there any more.
        Lose = "lose" "丢失",
        /// It is there again.
        FindAgain = "find_again" "找回",
        /// Waste that was lost is there again, or what was lost of it is, the rest being gone.
        FindWaste = "find_waste" "找回废弃物",
        /// The entry that brought it into the book is reversed.
        Annul = "annul" "冲销",
    }
}

impl Status {
    /// The state after an event, or nothing if the event cannot happen in this state. Emptiness is
    /// decided by the amount left: see [`Standing::settled`].
    #[must_use]
    pub fn after(self, event: Event) -> Option<Self> {
        match event {
            Event::TakePart => self.within(&[Self::InStock], Self::InStock),
            Event::TakeWhole => self.within(&[Self::InStock], Self::CheckedOut),
            // What was taken out of a bottle that has since run empty or become waste can still be
            // used up; into an empty one it can come back.
            Event::Settle => self.within(
                &[
                    Self::InStock,
                    Self::CheckedOut,
                    Self::Empty,
                    Self::Waste,
                    Self::Disposed,
                    Self::Lost,
                ],
                self,
            ),
            Event::PutBack => self.within(&[Self::InStock, Self::Empty], self),
            Event::Consume | Event::PourAway => {
                self.within(&[Self::InStock, Self::CheckedOut], self)
            }
            Event::BringBack => self.within(&[Self::CheckedOut], Self::InStock),
            Event::Move => self.within(&[Self::InStock, Self::Waste], self),
            // On the road nobody has it before them to put a new label on.
            Event::Reprint => self.within(&[Self::InStock, Self::CheckedOut, Self::Waste], self),
            Event::Discard => self.within(&[Self::InStock, Self::Empty], Self::Waste),
            Event::Dispose => self.within(&[Self::Waste], Self::Disposed),
            Event::Send => self.within(&[Self::InStock], Self::InTransit),
            Event::Deliver => self.within(&[Self::InTransit], Self::Sent),
            Event::Reclaim => self.within(&[Self::InTransit], Self::InStock),
            Event::Miss => self.within(&[Self::InTransit], Self::Lost),
            Event::Adjust => self.within(&[Self::InStock, Self::Empty, Self::Waste], self),
            Event::Lose => self.within(&[Self::InStock, Self::CheckedOut, Self::Waste], Self::Lost),
            // Of what was sent, a part may have been lost on the road: what is found is here again.
            Event::FindAgain => self.within(&[Self::Lost, Self::Sent], Self::InStock),
            Event::FindWaste => self.within(&[Self::Lost, Self::Disposed], Self::Waste),
            Event::Annul => self.within(&[Self::InStock], Self::Void),
        }
    }

    /// `after` for a container in one of the states in which something can happen to it.
    fn within(self, before: &[Self], after: Self) -> Option<Self> {
        before.contains(&self).then_some(after)
    }

    /// The account of what is in a container in this state.
    #[must_use]
    pub const fn account(self) -> Account {
        match self {
            Self::Waste => Account::Waste,
            Self::InTransit => Account::InTransit,
            Self::InStock
            | Self::CheckedOut
            | Self::Empty
            | Self::Disposed
            | Self::Sent
            | Self::Lost
            | Self::Void => Account::Container,
        }
    }
}

/// What a container is from its first entry on and never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// What is in it.
    pub product: ProductId,
    /// The dimension it is booked in for life.
    pub dimension: Dimension,
    /// 批号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// 生产厂家.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    /// 供货单位.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// 有效期至: the last day on which it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<NaiveDate>,
    /// Reference to the safety data sheet (SDS, GB/T 16483).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sds: Option<String>,
    /// The weight of the empty container (皮重), µg: what is left in it can then be weighed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub tare_ug: Option<i64>,
    /// The density of this lot, where it is better known than the product's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<Density>,
    /// The container that it was filled from (分装).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Serial>,
    /// The label that it bore at the institution that sent it (调拨).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_from: Option<Label>,
    /// Whether it was mixed here (配制): its first entry says out of what.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed: bool,
}

/// How a container stands: everything about it that entries change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Its state.
    pub status: Status,
    /// The place it stands at; a container that is with a person keeps the place it belongs to.
    pub place: PlaceId,
    /// The person it is with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<PersonId>,
    /// The generation of its label.
    pub generation: Generation,
    /// What is in it, base units of its dimension (µg, nL, pieces), written as a string.
    #[serde(with = "super::ledger::amount")]
    pub amount: i64,
}

impl Standing {
    /// The place where it can be seen on a walk through the store: in stock or waste, with nobody.
    #[must_use]
    pub fn stands_at(&self) -> Option<PlaceId> {
        let stands = matches!(self.status, Status::InStock | Status::Waste);
        (stands && self.holder.is_none()).then_some(self.place)
    }

    /// The place whose stock it is part of, if any.
    #[must_use]
    pub fn counted_at(&self) -> Option<PlaceId> {
        (self.status == Status::InStock).then_some(self.place)
    }

    /// Whether the whole container is with a person.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.status == Status::CheckedOut
    }

    /// Whether there is something of it that belongs to its place: an empty bottle may be thrown away
    /// without a word.
    #[must_use]
    pub const fn is_left(&self) -> bool {
        match self.status {
            Status::InStock | Status::CheckedOut | Status::Waste => true,
            Status::Empty
            | Status::Disposed
            | Status::InTransit
            | Status::Sent
            | Status::Lost
            | Status::Void => false,
        }
    }

    /// In stock with nothing in it is [`Status::Empty`], and empty with something in it is in stock.
    #[must_use]
    pub fn settled(mut self) -> Self {
        if self.amount == 0 && self.status == Status::InStock {
            self.status = Status::Empty;
        } else if self.amount > 0 && self.status == Status::Empty {
            self.status = Status::InStock;
        }
        self
    }
}

/// A container as the entries up to now leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The number within the institution.
    pub serial: Serial,
    /// What never changes.
    pub identity: Identity,
    /// What does.
    pub standing: Standing,
    /// The latest entry that touched it; the entry names the one before it, and so on.
    pub last_entry: Seq,
    /// When a count last saw it (盘点).
    pub verified_at: Option<Time>,
    /// The open incident that it is part of.
    pub incident: Option<IncidentId>,
}

impl Container {
    /// What is in it.
    ///
    /// # Errors
    /// Never for a container made by entries; a negative amount is refused by the quantity.
    pub fn content(&self) -> Result<Quantity, QuantityError> {
        Quantity::new(self.identity.dimension, self.standing.amount)
    }
}

/// What a person holds outside a container after a partial checkout (领用在手).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The container it came from.
    pub serial: Serial,
    /// Who holds it.
    pub holder: PersonId,
    /// What it is.
    pub product: ProductId,
    /// Dimension of the amount.
    pub dimension: Dimension,
    /// What is still held, base units; zero when settled.
    pub amount: i64,
}
