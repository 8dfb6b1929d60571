//! The state of an institution, as far as it is loaded.
//!
//! A command is decided over these facts in memory; each entry made is applied to them at once, so
//! that the next command of the same batch sees it. The store then writes exactly the rows that
//! changed. `verify` starts from empty facts, applies every entry, and compares.

mod table;

pub use table::Table;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::{
    container::{Container, Event, Holding, Status},
    custody::Custody,
    desk::Desk,
    emergency::Emergency,
    happening::Span,
    ids::{
        DepartmentId, InstitutionId, Label, PersonId, PlaceId, ProductId, RequestId, Seq, Serial,
    },
    incident::Incidents,
    institution::Institution,
    ledger::{Act, ContainerLine, Draft, Head, Kind, Part, Record},
    people::{Appointment, Department, Permission, Person, Role, Tenure},
    permit::PurchasePolicy,
    place::Place,
    policy::{Policy, Requirement},
    product::Product,
    pull::Pulls,
    purchasing::Purchasing,
    refusal::Refusal,
    stocktake::Takings,
    submission::Filings,
    substance::ControlClass,
    time::Time,
    transfer::Transfers,
    vessel::Vessels,
};

/// A secret that was set, as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSecret {
    /// 1 for the first.
    pub version: u32,
    /// SHA-256 of the stored password hash, hex.
    pub digest: String,
}

/// The register (名册): people, places, products, policies. Small, read by every command, changed
/// rarely; a writer keeps it in memory and loads it again when the head says that it has changed.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The institution; absent until it is founded.
    pub institution: Option<Institution>,
    /// When it was founded.
    pub founded_at: Option<Time>,
    /// Persons.
    pub persons: Table<PersonId, Person>,
    /// Appointments by the entry that made them and their line in it.
    pub tenures: Table<(Seq, u32), Tenure>,
    /// The latest secret of each person.
    pub secrets: Table<PersonId, KnownSecret>,
    /// The badge of each person, as its keyed digest, hex.
    pub badges: Table<PersonId, String>,
    /// Departments.
    pub departments: Table<DepartmentId, Department>,
    /// Places.
    pub places: Table<PlaceId, Place>,
    /// Products.
    pub products: Table<ProductId, Product>,
    /// Policies by the entry that set them.
    pub policies: Table<Seq, Policy>,
    /// Purchase policies by the entry that set them.
    pub purchase_policies: Table<Seq, PurchasePolicy>,
}

/// Containers and amounts of one place and product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many containers.
    pub containers: i64,
    /// How much in them, base units.
    pub amount: i64,
}

/// What there is of one product, wherever it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProductTotal {
    /// At places (在库).
    pub at_places: Total,
    /// With persons (领用在外): containers, and what is in them or was taken out of others.
    pub with_persons: Total,
}

/// Stock: containers and what came out of them. Large; only what a batch needs is loaded.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// The highest serial given so far; 0 for none.
    pub last_serial: i64,
    /// Containers.
    pub containers: Table<Serial, Container>,
    /// Amounts with persons, by checkout and container.
    pub holdings: Table<(Seq, Serial), Holding>,
    /// How much of each container the entries applied here have put into hands, where it is not nothing:
    /// all that is out when everything is replayed.
    pub parts_out: HashMap<Serial, i64>,
    /// The checkouts that took parts out of a container, whatever is left of them.
    pub parts: HashMap<Serial, BTreeSet<Seq>>,
    /// Since when containers are in the book, and as they are; loaded for who claims a past moment, all
    /// of them when everything is replayed.
    pub spans: HashMap<Serial, Span>,
    /// When what is held was taken, by its checkout; loaded and kept like the spans.
    pub taken_at: HashMap<Seq, Time>,
    /// How what is lost stood before, of the containers that are loaded.
    pub before_loss: HashMap<Serial, Status>,
    /// Which entry reversed which.
    pub reversals: Table<Seq, Seq>,
    /// Emergency releases by their entries.
    pub emergencies: Table<Seq, Emergency>,
    /// Changes of the totals by place and product; from nothing when everything is replayed.
    pub totals: BTreeMap<(PlaceId, ProductId), Total>,
    /// Changes of the totals by product, as those by place.
    pub product_totals: BTreeMap<ProductId, ProductTotal>,
    /// What the totals were before; loaded for who asks what stands where.
    pub totals_before: BTreeMap<(PlaceId, ProductId), Total>,
    /// How many containers that are not gone belong to places: changes, or from nothing.
    pub left: BTreeMap<PlaceId, i64>,
    /// What that was before; loaded for who closes a place.
    pub left_before: BTreeMap<PlaceId, i64>,
    /// Earlier entries that a command refers to.
    pub entries: HashMap<Seq, Record>,
    /// The heads before some entries.
    pub heads: HashMap<Seq, Head>,
    /// Signing requests of which entries were made here; all of them when everything is replayed.
    pub posted: HashSet<RequestId>,
}

impl Stock {
    /// The products of which a container stands at a place.
    pub fn standing(&self) -> impl Iterator<Item = (PlaceId, ProductId)> {
        let containers = |key| {
            let sides = [&self.totals, &self.totals_before];
            sides.map(|totals| totals.get(key).map_or(0, |total| total.containers))
        };
        let keys = self.totals.keys().chain(self.totals_before.keys());
        keys.filter(move |key| containers(*key).into_iter().sum::<i64>() > 0)
            .copied()
    }

    /// The latest entry that counts for a container: an entry that was reversed and its reversal
    /// cancel out, and a new label or a handover moves nothing.
    ///
    /// # Errors
    /// An entry that would have to be loaded to tell.
    pub fn latest(&self, container: &Container) -> Result<Seq, Seq> {
        self.latest_from(container.serial, container.last_entry)
    }

    /// The same of the entries up to `latest`.
    ///
    /// # Errors
    /// An entry that would have to be loaded to tell.
    pub fn latest_from(&self, serial: Serial, mut latest: Seq) -> Result<Seq, Seq> {
        let before = |record: &Record| record.before(serial);
        loop {
            let record = self.entries.get(&latest).ok_or(latest)?;
            let skipped = if let Act::Reverse(reversal) = &record.act {
                self.entries.get(&reversal.entry).ok_or(reversal.entry)?
            } else if matches!(record.act, Act::Reprint | Act::Handover(_)) {
                record
            } else {
                return Ok(latest);
            };
            match before(skipped) {
                Some(prior) if prior.entry < latest => latest = prior.entry,
                // A reversed receipt: nothing stands before it.
                Some(_) | None => return Ok(latest),
            }
        }
    }

    /// The state of something that is there again, from the one in which it was gone: what was waste is
    /// waste again. Nothing for what is not gone.
    #[must_use]
    pub fn found(&self, serial: Serial, gone: Status) -> Option<Status> {
        let was_waste = self.before_loss.get(&serial) == Some(&Status::Waste);
        if was_waste || gone == Status::Disposed {
            gone.after(Event::FindWaste)
        } else {
            gone.after(Event::FindAgain)
        }
    }

    /// Puts in what the database has of a part that was taken out.
    pub fn load_holding(&mut self, key: (Seq, Serial), holding: Holding) {
        self.parts.entry(key.1).or_default().insert(key.0);
        self.holdings.load(key, holding);
    }

    /// Adds a part that is taken out.
    pub(super) fn add_holding(&mut self, key: (Seq, Serial), holding: Holding) {
        self.parts.entry(key.1).or_default().insert(key.0);
        self.holdings.add(key, holding);
    }

    /// The open checkouts of parts of a container, oldest first.
    #[must_use]
    pub fn open_checkouts(&self, serial: Serial) -> Vec<(Seq, &Holding)> {
        let checkouts = self.parts.get(&serial).into_iter().flatten();
        let parts = checkouts.filter_map(|seq| Some((*seq, self.holdings.get((*seq, serial))?)));
        parts.filter(|(_, holding)| holding.amount > 0).collect()
    }

    /// Whether everything that was taken out of a container is back or used up.
    ///
    /// # Errors
    /// [`Refusal::PartStillOut`].
    pub(super) fn nothing_out(&self, label: Label) -> Result<(), Refusal> {
        match self.open_checkouts(label.serial()).len() {
            0 => Ok(()),
            open => Err(Refusal::PartStillOut { label, open }),
        }
    }
}

/// Everything a decision may look at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Whose facts these are.
    pub institution: InstitutionId,
    /// People, places, products, policies.
    pub register: Register,
    /// Containers and amounts.
    pub stock: Stock,
    /// Permits and what was drawn off them.
    pub purchasing: Purchasing,
    /// What was sent to other institutions, and what they have sent.
    pub transfers: Transfers,
    /// Stocktakes.
    pub takings: Takings,
    /// Handovers, and the books of custodians.
    pub custody: Custody,
    /// Losses, thefts, leaks.
    pub incidents: Incidents,
    /// Waste containers.
    pub vessels: Vessels,
    /// What was submitted and reviewed.
    pub filings: Filings,
    /// The heads of other ledgers that a bureau keeps.
    pub pulls: Pulls,
    /// Sessions, attempts, requests: what is not in the ledger.
    pub desk: Desk,
    /// The policies of the system institution, which hold everywhere.
    pub default_policies: Vec<Policy>,
}

impl Facts {
    /// Nothing loaded yet.
    #[must_use]
    pub fn of(institution: InstitutionId) -> Self {
        Self {
            institution,
            register: Register::default(),
            stock: Stock::default(),
            purchasing: Purchasing::default(),
            transfers: Transfers::default(),
            takings: Takings::default(),
            custody: Custody::default(),
            incidents: Incidents::default(),
            vessels: Vessels::default(),
            filings: Filings::default(),
            pulls: Pulls::default(),
            desk: Desk::default(),
            default_policies: Vec::new(),
        }
    }

    /// The person, in office and not blocked.
    ///
    /// # Errors
    /// [`Refusal::PersonUnknown`], [`Refusal::PersonLeft`], [`Refusal::PersonSuspended`].
    pub fn person(&self, id: PersonId) -> Result<&Person, Refusal> {
        let person = self.account(id)?;
        if person.suspended {
            Err(Refusal::PersonSuspended { person: id })
        } else {
            Ok(person)
        }
    }

    /// The person, in office, even where the account is blocked.
    ///
    /// # Errors
    /// [`Refusal::PersonUnknown`], [`Refusal::PersonLeft`].
    pub fn account(&self, id: PersonId) -> Result<&Person, Refusal> {
        let person = self
            .register
            .persons
            .get(id)
            .ok_or(Refusal::PersonUnknown { person: id })?;
        if person.closed {
            Err(Refusal::PersonLeft { person: id })
        } else {
            Ok(person)
        }
    }

    /// Whether the person's role lets them receive or accept: an administrator does neither.
    ///
    /// # Errors
    /// [`Refusal::PersonUnknown`], [`Refusal::PersonLeft`], [`Refusal::PartNotPermitted`].
    pub fn takes_part(&self, person: PersonId, part: Part, now: Time) -> Result<(), Refusal> {
        let needed = match part {
            Part::Receiver => Permission::Checkout,
            Part::Acceptor => Permission::Receive,
            Part::Witness => Permission::ReadStock,
            // Whether they may is for the policy and the place to say.
            Part::Issuer | Part::HandsOver | Part::TakesOver | Part::Approver => return Ok(()),
        };
        self.person(person)?;
        if self.roles(person, now).any(|(role, _)| role.may(needed)) {
            Ok(())
        } else {
            Err(Refusal::PartNotPermitted { person, part })
        }
    }

    /// The department, open.
    ///
    /// # Errors
    /// [`Refusal::DepartmentUnknown`], [`Refusal::DepartmentClosed`].
    pub fn department(&self, id: DepartmentId) -> Result<&Department, Refusal> {
        let department = self
            .register
            .departments
            .get(id)
            .ok_or(Refusal::DepartmentUnknown { department: id })?;
        if department.closed {
            Err(Refusal::DepartmentClosed { department: id })
        } else {
            Ok(department)
        }
    }

    /// The place, open.
    ///
    /// # Errors
    /// [`Refusal::PlaceUnknown`], [`Refusal::PlaceClosed`].
    pub fn place(&self, id: PlaceId) -> Result<&Place, Refusal> {
        let place = self
            .register
            .places
            .get(id)
            .ok_or(Refusal::PlaceUnknown { place: id })?;
        if place.closed {
            Err(Refusal::PlaceClosed { place: id })
        } else {
            Ok(place)
        }
    }

    /// The product.
    ///
    /// # Errors
    /// [`Refusal::ProductUnknown`].
    pub fn product(&self, id: ProductId) -> Result<&Product, Refusal> {
        self.register
            .products
            .get(id)
            .ok_or(Refusal::ProductUnknown { product: id })
    }

    /// The place and the places it lies in, from the inside out.
    pub fn place_and_above(&self, id: PlaceId) -> impl Iterator<Item = &Place> {
        let places = &self.register.places;
        std::iter::successors(places.get(id), |place| {
            place.parent.and_then(|up| places.get(up))
        })
        // A place cannot contain itself (the place verb refuses it); the bound is a safety belt.
        .take(places.len())
    }

    /// The place and everything that lies in it.
    #[must_use]
    pub fn place_and_below(&self, id: PlaceId) -> BTreeSet<PlaceId> {
        let places = self.register.places.iter().map(|(place, _)| *place);
        places
            .filter(|place| self.place_and_above(*place).any(|around| around.id == id))
            .collect()
    }

    /// Whether the place can be as it is to be: nothing is left in one that is closed, nor below it.
    ///
    /// # Errors
    /// [`Refusal::PlaceNotEmpty`].
    pub(super) fn can_be(&self, place: &Place) -> Result<(), Refusal> {
        let before = self.register.places.get(place.id);
        if !place.closed || before.is_none_or(|before| before.closed) {
            return Ok(());
        }
        let sides = [&self.stock.left, &self.stock.left_before];
        let left = |at: PlaceId| -> i64 { sides.iter().filter_map(|side| side.get(&at)).sum() };
        let containers = self.place_and_below(place.id).into_iter().map(left).sum();
        if containers > 0 {
            let place = place.id;
            return Err(Refusal::PlaceNotEmpty { place, containers });
        }
        Ok(())
    }

    /// What the product's classes demand at that moment.
    #[must_use]
    pub fn requirement(&self, product: &Product, now: Time) -> Requirement {
        let day = now.china_day();
        self.demanded(&product.classes_on(day), day)
    }

    /// What the product's classes demand of what happened then and is recorded now: the stricter of both
    /// days, so that nobody chooses the day.
    #[must_use]
    pub fn requirement_of(
        &self,
        product: &Product,
        now: Time,
        occurred_at: Option<Time>,
    ) -> Requirement {
        let today = self.requirement(product, now);
        occurred_at.map_or(today, |then| {
            today.and_requirement(&self.requirement(product, then))
        })
    }

    /// Whether a class is controlled: by law, or by a policy that asks for signatures.
    #[must_use]
    pub fn is_controlled(&self, class: ControlClass, now: Time) -> bool {
        class.is_controlled_by_default() || self.demanded(&[class], now.china_day()).is_controlled()
    }

    /// What classes demand on a day.
    pub(super) fn demanded(&self, classes: &[ControlClass], day: NaiveDate) -> Requirement {
        let mut own: Vec<_> = self.register.policies.iter().collect();
        own.sort_unstable_by_key(|(seq, _)| **seq);
        let own: Vec<Policy> = own.into_iter().map(|(_, policy)| policy.clone()).collect();
        Requirement::of(
            classes,
            day,
            &[self.default_policies.as_slice(), own.as_slice()],
        )
    }

    /// Roles that the person holds at that moment, with the place each is limited to; none while the account is
    /// blocked.
    pub fn roles(
        &self,
        person: PersonId,
        now: Time,
    ) -> impl Iterator<Item = (Role, Option<PlaceId>)> {
        self.register
            .tenures
            .iter()
            .filter(move |(_, tenure)| {
                tenure.appointment.person == person
                    && tenure.holds_at(now)
                    && !self.is_suspended(person)
            })
            .map(|(_, tenure)| (tenure.appointment.role, tenure.appointment.place))
    }

    /// The persons who are custodians of every place that the lines take a container from or, for a
    /// new one and one that is given back, put it (双人收发: who keeps it hands it out and takes it in),
    /// and of those of the waste containers that the act is about.
    #[must_use]
    pub fn custodians_of_all(
        &self,
        act: &Act,
        lines: &[ContainerLine],
        now: Time,
    ) -> BTreeSet<PersonId> {
        let mut places: BTreeSet<PlaceId> = lines
            .iter()
            .map(|line| match line.before {
                Some(prior) if !matches!(act.kind(), Kind::GiveBack | Kind::Reclaim) => {
                    prior.standing.place
                }
                Some(_) | None => line.after.place,
            })
            .collect();
        places.extend(self.vessel_places(act));
        places.extend(self.loss_places(act));
        places
            .into_iter()
            .map(|place| self.custodians(place, now))
            .reduce(|one, other| one.intersection(&other).copied().collect())
            .unwrap_or_default()
    }

    /// Whether one of the person's roles carries the permission where the draft moves something: a
    /// custodian receives, moves and reverses only what stands in a place of theirs, or comes to it.
    #[must_use]
    pub fn may_there(
        &self,
        person: PersonId,
        permission: Permission,
        draft: &Draft,
        now: Time,
    ) -> bool {
        let mut roles = self
            .roles(person, now)
            .filter(|(role, _)| role.may(permission));
        !permission.is_local()
            || draft.containers.is_empty() && self.vessel_places(&draft.act).is_empty()
            || roles.any(|(_, place)| place.is_none())
            || self
                .custodians_of_all(&draft.act, &draft.containers, now)
                .contains(&person)
    }

    /// Whether one of the person's roles carries the permission at a place.
    #[must_use]
    pub fn carries(
        &self,
        person: PersonId,
        permission: Permission,
        place: PlaceId,
        now: Time,
    ) -> bool {
        let around = |at: PlaceId| self.place_and_above(place).any(|place| place.id == at);
        self.roles(person, now)
            .any(|(role, at)| role.may(permission) && at.is_none_or(around))
    }

    /// Whether any policy names one of the product's classes: only then can something be reserved.
    #[must_use]
    pub fn is_governed(&self, product: &Product) -> bool {
        let own = self.register.policies.iter().map(|(_, policy)| policy);
        self.default_policies.iter().chain(own).any(|policy| {
            product
                .classes
                .iter()
                .any(|line| line.class == policy.class)
        })
    }

    /// The custodians in office of a place: appointed to it or to a place it lies in. A founder who is
    /// custodian of no place may do what custodians may, but keeps nothing: no second person had a say.
    #[must_use]
    pub fn custodians(&self, place: PlaceId, now: Time) -> BTreeSet<PersonId> {
        self.custodians_but(place, now, |_| false)
    }

    /// The same once some appointments have ended.
    pub(super) fn custodians_but(
        &self,
        place: PlaceId,
        now: Time,
        has_ended: impl Fn(&Appointment) -> bool,
    ) -> BTreeSet<PersonId> {
        let above: BTreeSet<PlaceId> = self.place_and_above(place).map(|place| place.id).collect();
        self.register
            .tenures
            .iter()
            .filter(|(_, tenure)| {
                tenure.appointment.role == Role::Custodian
                    && tenure.holds_at(now)
                    && !has_ended(&tenure.appointment)
                    && tenure
                        .appointment
                        .place
                        .is_some_and(|at| above.contains(&at))
            })
            .map(|(_, tenure)| tenure.appointment.person)
            .filter(|person| !self.is_suspended(*person))
            .collect()
    }

    /// Whether the account is blocked.
    #[must_use]
    pub fn is_suspended(&self, person: PersonId) -> bool {
        let known = self.register.persons.get(person);
        known.is_some_and(|person| person.suspended)
    }
}
