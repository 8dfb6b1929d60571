//! How places, products and what arrives are invented.

use chrono::Days;
use hazledger::domain::container::Identity;
use hazledger::domain::ids::{PlaceId, ProductId};
use hazledger::domain::place::Place;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::time::Time;
use hazledger::domain::verb::{Lot, Receive, SetPlace, SetProduct};

use super::act::Act;
use super::hospital::{DUAL, cabinet, person, products};
use super::invent::Author;
use super::reference::Hospital;

impl Author {
    pub fn receive(&mut self, hospital: &Hospital) -> Act {
        let lot = self.lot(hospital);
        let named: &[&[i64]] = &[&[], &[2, 3], &[2], &[3, 3], &[2, 8]];
        let mut acceptors = named[self.chance.below(named.len())];
        if self.chance.percent(80) {
            acceptors = &[2, 3];
        }
        let acceptors = acceptors.iter().map(|id| person(*id)).collect();
        let mut receive = Receive {
            lot,
            acceptors,
            permits: [].into(),
            order: None,
            reason: "送货单".to_owned(),
            claim: self.claim(),
        };
        self.bought(hospital, &mut receive);
        Act::Receive(receive)
    }

    pub fn lot(&mut self, hospital: &Hospital) -> Lot {
        let product = if self.chance.percent(60) {
            self.chance.pick(&[1, 2, 3, 5])
        } else {
            self.number(hospital.products.len())
        };
        let own = hospital.products.get(&product);
        let mut dimension = own.map_or(Dimension::Mass, |product| product.dimension);
        let mut identity_dimension = dimension;
        if self.chance.percent(3) {
            dimension = self.dimension();
        }
        if self.chance.percent(2) {
            identity_dimension = self.dimension();
        }
        let amount = match self.chance.below(60) {
            0 => 0,
            1 => i64::MAX,
            2 => 1_000_000_000_000_000 / 2,
            _ => self.chance.between(1, 300),
        };
        let count = match self.chance.below(80) {
            0 => 0,
            1 => 501,
            2 => 60,
            _ => self.chance.between(1, 3),
        };
        let today = Time::from_millis(self.clock()).china_day();
        let days = Days::new(self.chance.next() % 30);
        let expires_on = match self.chance.below(10) {
            0 => today.checked_sub_days(Days::new(1)),
            1..4 => today.checked_add_days(days),
            _ => None,
        };
        let identity = Identity {
            product: ProductId::try_from(product).unwrap(),
            dimension: identity_dimension,
            lot: self.chance.percent(50).then(|| "20260501".to_owned()),
            maker: None,
            supplier: None,
            expires_on,
            sds: None,
            tare_ug: None,
            density: None,
            parent: None,
            came_from: None,
            mixed: false,
        };
        let place = self.standing_place(hospital, product);
        Lot {
            identity,
            count: u32::try_from(count).unwrap(),
            each: Quantity::new(dimension, amount).unwrap(),
            place: PlaceId::try_from(place).unwrap(),
        }
    }

    /// The cabinet for what looks controlled, mostly.
    fn standing_place(&mut self, hospital: &Hospital, product: i64) -> i64 {
        if self.chance.percent(60) {
            return if matches!(product, 4 | 6 | 7) { 2 } else { 1 };
        }
        self.number(hospital.places.len())
    }

    pub fn place(&mut self, hospital: &Hospital) -> Act {
        let count = hospital.places.len();
        if count < 5 || (count < 12 && self.chance.percent(30)) {
            let parent = self.chance.percent(80).then(|| self.number(count));
            let name = format!("柜{count}");
            return Act::Place(set_place(None, cabinet(&name, parent, &[])));
        }
        let id = self.number(count);
        let mut place = hospital
            .places
            .get(&id)
            .cloned()
            .unwrap_or(cabinet("未知", None, &[]));
        match self.chance.below(3) {
            0 => place.closed = !place.closed && (id > 3 || self.chance.percent(10)),
            1 => place.parent = Some(PlaceId::try_from(self.number(count)).unwrap()),
            _ => {
                place.permitted = if self.chance.percent(70) {
                    DUAL.to_vec()
                } else {
                    vec![]
                }
            }
        }
        let id = Some(PlaceId::try_from(id).unwrap());
        Act::Place(set_place(id, place))
    }

    pub fn product(&mut self, hospital: &Hospital) -> Act {
        let count = hospital.products.len();
        let id = self.number(count);
        let mut product = hospital
            .products
            .get(&id)
            .cloned()
            .unwrap_or_else(|| products()[0].clone());
        match self.chance.below(4) {
            0 => product.name = format!("品名{}", self.chance.below(20)),
            1 => product.dimension = self.dimension(),
            2 if !matches!(id, 1 | 2) => {
                let until = self.chance.percent(50);
                let today = Time::from_millis(self.clock()).china_day();
                for line in &mut product.classes {
                    line.until = until.then_some(today);
                }
            }
            _ => product.qualifier = Some(format!("{}%", self.chance.below(5))),
        }
        let is_new = count < 12 && self.chance.percent(40);
        let id = (!is_new).then(|| ProductId::try_from(id).unwrap());
        Act::Product(SetProduct { id, product })
    }
}

pub fn set_place(id: Option<PlaceId>, place: Place) -> SetPlace {
    SetPlace {
        id,
        place,
        second: None,
    }
}
