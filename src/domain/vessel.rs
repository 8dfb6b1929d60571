//! 危险废物容器: what waste is poured into. It remembers what went in, from which container, by whom and when.
//!
//! What is in one is on an account of its own: each posting names the container that it came from, so that
//! every product balances as before, and the act of the entry names the vessel.

mod step;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{
    facts::Table,
    ids::{Label, PersonId, PlaceId, ProductId, Seq, Serial},
    quantity::{Density, Dimension, Quantity},
    refusal::Refusal,
    time::Time,
    waste::WasteCode,
    words::words,
};

pub use step::Source;

/// The first number of a vessel: below it are the containers, so that a label alone says what it is on.
const FIRST_SERIAL: i64 = 90_000_001;

words! {
    /// What a vessel is.
    VesselKind {
        /// 桶.
        Drum = "drum" "桶",
        /// 瓶.
        Bottle = "bottle" "瓶",
        /// 箱.
        Box = "box" "箱",
        /// 袋.
        Bag = "bag" "袋",
        /// 罐.
        Tank = "tank" "罐",
    }
}

words! {
    /// 危险特性, as on the label of the waste (HJ 1276-2022).
    Hazard {
        /// 毒性.
        Toxic = "T" "毒性",
        /// 腐蚀性.
        Corrosive = "C" "腐蚀性",
        /// 易燃性.
        Ignitable = "I" "易燃性",
        /// 反应性.
        Reactive = "R" "反应性",
        /// 感染性.
        Infectious = "In" "感染性",
    }
}

/// A vessel for waste of one code, as it is registered. One life: it is filled, closed and disposed of as
/// a whole; the same drum used again is another vessel with another label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vessel {
    /// Its number, above those of containers.
    pub serial: Serial,
    /// Where it is put.
    pub place: PlaceId,
    /// What waste goes into it.
    pub code: WasteCode,
    /// What it is.
    pub kind: VesselKind,
    /// How much it may hold, a mass or a volume.
    pub capacity: Quantity,
    /// Its weight empty (皮重), µg.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub tare_ug: Option<i64>,
    /// Its hazards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hazards: Vec<Hazard>,
}

/// Something is done with a vessel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VesselStep {
    /// Which.
    pub serial: Serial,
    /// What.
    pub what: VesselEvent,
}

/// What can be done with a vessel, filling and disposal apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VesselEvent {
    /// 封口: nothing goes in any more.
    #[serde(rename = "close")]
    Close,
    /// 移动, with what is in it.
    #[serde(rename = "move")]
    Move(PlaceId),
}

/// Into which vessel waste goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pour {
    /// The vessel.
    pub vessel: Serial,
    /// What it takes up there by who poured it, base units of the vessel's capacity: with rinsing water,
    /// or where no density tells.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub taken_up: Option<i64>,
}

/// A vessel on the balance as it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeighedVessel {
    /// Which.
    pub serial: Serial,
    /// Gross weight, µg.
    #[serde(with = "super::ledger::amount")]
    pub gross_ug: i64,
    /// Weight of the empty vessel, µg, where it was given with it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub tare_ug: Option<i64>,
    /// What was in it by the balance, µg. Absent where nobody knew what it weighs empty.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub content_ug: Option<i64>,
}

/// A vessel as the entries up to now leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasteVessel {
    /// As it was registered.
    pub vessel: Vessel,
    /// The entry that registered it.
    pub registered_by: Seq,
    /// Where it stands.
    pub place: PlaceId,
    /// How full it is, base units of its capacity.
    pub fill: i64,
    /// When it was closed, and by which entry.
    pub closed: Option<(Seq, Time)>,
    /// The entry that disposed of it.
    pub disposed_by: Option<Seq>,
}

impl WasteVessel {
    /// An amount in the measure of its capacity, base units.
    ///
    /// # Errors
    /// [`Refusal::DimensionMismatch`], [`Refusal::AmountZero`].
    pub(super) fn measure(&self, label: Label, said: Quantity) -> Result<i64, Refusal> {
        let capacity = self.vessel.capacity;
        if said.dimension() != capacity.dimension() {
            return Err(Refusal::DimensionMismatch {
                label,
                booked: capacity,
                given: said,
            });
        }
        match said.amount() {
            0 => Err(Refusal::AmountZero {}),
            amount => Ok(amount),
        }
    }
}

/// What one entry poured into a vessel out of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poured {
    /// The vessel.
    pub vessel: Serial,
    /// What it is.
    pub product: ProductId,
    /// Dimension of the amount.
    pub dimension: Dimension,
    /// How much, base units.
    pub amount: i64,
    /// What it takes up, base units of the vessel's capacity.
    pub taken_up: i64,
    /// Whether who poured it said so.
    pub is_said: bool,
    /// What it weighs, µg, where that can be told.
    pub mass_ug: Option<i64>,
    /// Who poured it.
    pub by: Option<PersonId>,
    /// When, as they say.
    pub at: Time,
    /// The entry that took it back.
    pub reversed_by: Option<Seq>,
}

/// What a command wants loaded of vessels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VesselNeeds {
    /// Vessels alone.
    pub alone: BTreeSet<Serial>,
    /// Vessels with what is in them.
    pub whole: BTreeSet<Serial>,
    /// Whether the last number given is wanted.
    pub last: bool,
}

impl VesselNeeds {
    /// Adds what another command needs.
    pub fn extend(&mut self, other: Self) {
        self.alone.extend(other.alone);
        self.whole.extend(other.whole);
        self.last |= other.last;
    }
}

/// Vessels, and what went into them.
#[derive(Clone, Debug, Default)]
pub struct Vessels {
    /// Vessels.
    pub vessels: Table<Serial, WasteVessel>,
    /// What went in, by entry and source.
    pub poured: Table<(Seq, Serial), Poured>,
    /// The same by vessel.
    contents: HashMap<Serial, Vec<(Seq, Serial)>>,
    /// The highest number given; loaded for who registers one.
    pub last: Option<Serial>,
}

impl Vessels {
    /// Puts in what the database has.
    pub fn load(&mut self, key: (Seq, Serial), poured: Poured) {
        if self.poured.get(key).is_none() {
            self.contents.entry(poured.vessel).or_default().push(key);
            self.poured.load(key, poured);
        }
    }

    fn add(&mut self, key: (Seq, Serial), poured: Poured) -> bool {
        self.contents.entry(poured.vessel).or_default().push(key);
        self.poured.add(key, poured)
    }

    /// What is in a vessel, or was when it left.
    pub fn inside(&self, vessel: Serial) -> impl Iterator<Item = (Serial, &Poured)> {
        let keys = self.contents.get(&vessel).into_iter().flatten();
        let poured = keys.filter_map(|key| Some((key.1, self.poured.get(*key)?)));
        poured.filter(|(_, poured)| poured.reversed_by.is_none())
    }

    /// The same, summed by the container that it came from.
    #[must_use]
    pub fn content(&self, vessel: Serial) -> BTreeMap<(Serial, ProductId, Dimension), i64> {
        let mut content = BTreeMap::new();
        for (serial, poured) in self.inside(vessel) {
            let sum: &mut i64 = content
                .entry((serial, poured.product, poured.dimension))
                .or_default();
            *sum = sum.saturating_add(poured.amount);
        }
        content
    }
}

/// Whether a number is that of a vessel.
#[must_use]
pub fn is_vessel(serial: Serial) -> bool {
    serial.get() >= FIRST_SERIAL
}

/// An amount as a mass or a volume, if that can be told.
#[must_use]
pub fn measured(amount: Quantity, density: Option<Density>, as_: Dimension) -> Option<i64> {
    let converted = match (amount.dimension(), as_) {
        (Dimension::Mass, Dimension::Mass)
        | (Dimension::Volume, Dimension::Volume)
        | (Dimension::Count, Dimension::Count) => Some(amount),
        (Dimension::Mass, Dimension::Volume) => density?.volume_from_mass(amount).ok(),
        (Dimension::Volume, Dimension::Mass) => density?.mass_from_volume(amount).ok(),
        (Dimension::Count, Dimension::Mass | Dimension::Volume)
        | (Dimension::Mass | Dimension::Volume, Dimension::Count) => None,
    };
    converted.map(Quantity::amount)
}
