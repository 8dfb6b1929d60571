//! What is bought: permits, requests, orders and what arrives on them; the rules, and how it is invented.

use std::collections::BTreeSet;

use hazledger::domain::ids::{DepartmentId, PermitId};
use hazledger::domain::people::Role;
use hazledger::domain::permit::{Goods, Permit, PermitKind, PermitLine, PurchasePolicy};
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::requisition::Approval;
use hazledger::domain::substance::ControlClass;
use hazledger::domain::verb::{
    Approve, CloseOrder, PlaceOrder, Receive, SetPermit, SetPurchasePolicy, SetRequisition, Verb,
};

use super::act::Sent;
use super::reference::{Done, Hospital, Reasons, china_day, day_number, unless};

/// What is asked about buying.
#[derive(Clone, Debug)]
pub enum BuyAct {
    Permit(SetPermit),
    Policy(SetPurchasePolicy),
    Request(SetRequisition),
    Approve(Approve),
    Order(PlaceOrder),
    Close(CloseOrder),
}

impl BuyAct {
    pub fn verb(self) -> Box<dyn Verb> {
        match self {
            Self::Permit(verb) => Box::new(verb),
            Self::Policy(verb) => Box::new(verb),
            Self::Request(verb) => Box::new(verb),
            Self::Approve(verb) => Box::new(verb),
            Self::Order(verb) => Box::new(verb),
            Self::Close(verb) => Box::new(verb),
        }
    }

    pub const fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Permit(_) | Self::Order(_) | Self::Close(_) => &[Role::Equipment],
            Self::Policy(_) => &[Role::Equipment, Role::Safety],
            Self::Request(_) => &[Role::Staff, Role::Custodian, Role::Head, Role::Equipment],
            Self::Approve(_) => &[Role::Head],
        }
    }

    /// Who asks for it, mostly.
    pub const fn usual(&self) -> i64 {
        match self {
            Self::Request(_) => 4,
            Self::Approve(_) => 5,
            Self::Permit(_) | Self::Policy(_) | Self::Order(_) | Self::Close(_) => 2,
        }
    }
}

/// What a department asks for.
#[derive(Clone, Debug)]
pub struct Demand {
    pub version: u32,
    pub department: i64,
    pub applicant: i64,
    pub product: i64,
    pub quantity: Quantity,
    pub on_hand: i64,
    pub state: &'static str,
    pub decided_by: Option<i64>,
    pub ordered: i64,
    pub received: i64,
}

#[derive(Clone, Debug)]
pub struct Order {
    pub number: String,
    pub supplier: String,
    /// Which request, how much, how much of it came.
    pub lines: Vec<(usize, i64, i64)>,
    pub state: &'static str,
}

#[derive(Clone, Debug)]
pub struct Paper {
    pub says: Permit,
    pub drawn: Vec<i64>,
    pub receipts: i64,
}

/// What a receipt drew: permit, line and amount; order and amounts by line.
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    permits: Vec<(i64, usize, i64)>,
    order: Option<(usize, Vec<i64>)>,
}

/// What was bought.
#[derive(Clone, Debug, Default)]
pub struct Buying {
    pub permits: Vec<Paper>,
    pub demands: Vec<Demand>,
    pub orders: Vec<Order>,
    /// By the order in which they were recorded: class, first day, kinds.
    pub policies: Vec<(ControlClass, i64, Vec<PermitKind>)>,
}

/// Amounts as the tables have them.
fn said<'a>(amounts: impl Iterator<Item = &'a i64>) -> String {
    let amounts: Vec<String> = amounts.map(|amount| format!("{amount}")).collect();
    format!("[{}]", amounts.join(","))
}

pub fn index(id: i64) -> usize {
    usize::try_from(id - 1).unwrap()
}

impl Demand {
    /// What follows from how much is ordered and has come.
    fn settle(&mut self) {
        self.state = if self.received == self.quantity.amount() {
            "received"
        } else if self.ordered > 0 {
            "ordered"
        } else {
            "approved"
        };
    }
}

impl Hospital {
    pub fn buy(
        &mut self,
        sent: &Sent,
        act: &BuyAct,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        match act {
            BuyAct::Permit(set) => self.set_permit(sent, set, no),
            BuyAct::Policy(set) => {
                let PurchasePolicy {
                    class,
                    from,
                    permits,
                    ..
                } = &set.policy;
                if day_number(*from) < china_day(now) {
                    no.insert("policy_in_the_past");
                }
                self.confirmed(set.second, sent.person, &[], &mut no);
                unless(no)?;
                let policy = (*class, day_number(*from), permits.clone());
                self.buying.policies.push(policy);
                Ok((vec![], None))
            }
            BuyAct::Request(set) => self.request(sent, set, no),
            BuyAct::Approve(approve) => self.approve(sent, approve.approval, no),
            BuyAct::Order(place) => self.order(place, no),
            BuyAct::Close(close) => self.close_order(close, no),
        }
    }

    fn set_permit(
        &mut self,
        sent: &Sent,
        set: &SetPermit,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let known = self.buying.permits.len();
        let id = set.id.map_or(known, |id| index(id.get()));
        if set.id.is_some() && id >= known {
            no.insert("permit_unknown");
            return Err(no);
        }
        let new = &set.permit;
        let most = 1_000_000_000_000_000;
        if new
            .lines
            .iter()
            .any(|line| !(1..=most).contains(&line.quantity.amount()))
        {
            no.insert("permit_quantity");
        }
        let same = |(other, paper): (usize, &Paper)| {
            other != id
                && (!paper.says.revoked || paper.receipts > 0)
                && paper.says.kind == new.kind
                && paper.says.number == new.number
        };
        if !new.revoked && self.buying.permits.iter().enumerate().any(same) {
            no.insert("permit_exists");
        }
        for line in &new.lines {
            let Goods::Product(product) = &line.goods else {
                continue;
            };
            let Some(product) = self.products.get(&product.get()) else {
                no.insert("product_unknown");
                continue;
            };
            let (one, other) = (product.dimension, line.quantity.dimension());
            if one != other && [one, other].contains(&Dimension::Count) {
                no.insert("product_dimension");
            }
        }
        let mut needs_second = set.second.is_some();
        if let Some(was) = self.buying.permits.get(id) {
            let is_drawn = was.receipts > 0 || was.drawn.iter().any(|drawn| *drawn > 0);
            if is_drawn && (was.says.kind, was.says.single_use) != (new.kind, new.single_use) {
                no.insert("permit_fixed");
            }
            for (at, drawn) in was.drawn.iter().enumerate() {
                let line = &was.says.lines[at];
                let kept = new.lines.get(at).is_some_and(|new| {
                    new.goods == line.goods
                        && new.quantity.dimension() == line.quantity.dimension()
                        && new.quantity.amount() >= *drawn
                });
                if *drawn > 0 && !kept {
                    no.insert("permit_below_drawn");
                }
            }
            let ended = Permit {
                revoked: true,
                ..was.says.clone()
            };
            let is_end = ended
                == Permit {
                    id: was.says.id,
                    ..new.clone()
                };
            needs_second |= is_drawn && !is_end;
        }
        if needs_second {
            self.confirmed(set.second, sent.person, &[], &mut no);
        }
        unless(no)?;
        let number = i64::try_from(id + 1).unwrap();
        let says = Permit {
            id: PermitId::try_from(number).unwrap(),
            ..new.clone()
        };
        if id == known {
            self.buying.permits.push(Paper {
                drawn: vec![0; says.lines.len()],
                receipts: 0,
                says,
            });
        } else {
            let paper = &mut self.buying.permits[id];
            paper.drawn.resize(says.lines.len(), 0);
            paper.says = says;
        }
        Ok((vec![], Some(number)))
    }

    fn request(
        &mut self,
        sent: &Sent,
        set: &SetRequisition,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let known = self.buying.demands.len();
        let id = set.id.map_or(known, |id| index(id.get()));
        if set.id.is_some() && id >= known {
            no.insert("purchase_request_unknown");
            return Err(no);
        }
        let product = self.products.get(&set.product.get());
        if product.is_none() {
            no.insert("product_unknown");
        }
        let before = self.buying.demands.get(id);
        if let Some(before) = before {
            if before.applicant != sent.person {
                no.insert("not_the_applicant");
            }
            if !["requested", "approved", "refused"].contains(&before.state) {
                no.insert("purchase_request_state");
            }
        }
        let number = i64::try_from(id + 1).unwrap();
        if before.is_some() && set.withdrawn {
            unless(no)?;
            self.buying.demands[id].state = "withdrawn";
            return Ok((vec![], Some(number)));
        }
        let own = self.colleagues.get(&sent.person);
        let own = own.and_then(|one| one.department);
        let department = set.department.map(DepartmentId::get).or(own);
        match department.map(|id| self.departments.get(&id)) {
            None => drop(no.insert("applicant_without_department")),
            Some(None) => drop(no.insert("department_unknown")),
            Some(Some((_, true))) => drop(no.insert("department_closed")),
            Some(Some((_, false))) => {}
        }
        if product.is_some_and(|product| product.dimension != set.quantity.dimension()) {
            no.insert("product_dimension");
        }
        if set.quantity.amount() == 0 {
            no.insert("amount_zero");
        }
        let there = self
            .bottles
            .iter()
            .filter(|bottle| bottle.status == "in_stock" && bottle.identity.product == set.product);
        let on_hand: i64 = there.map(|bottle| bottle.amount).sum();
        let version = before.map_or(1, |before| before.version + 1);
        unless(no)?;
        let demand = Demand {
            version,
            department: department.unwrap(),
            applicant: sent.person,
            product: set.product.get(),
            quantity: set.quantity,
            on_hand,
            state: "requested",
            decided_by: None,
            ordered: 0,
            received: 0,
        };
        if id == known {
            self.buying.demands.push(demand);
        } else {
            self.buying.demands[id] = demand;
        }
        Ok((vec![], Some(number)))
    }

    fn approve(
        &mut self,
        sent: &Sent,
        approval: Approval,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let id = index(approval.request.get());
        let Some(demand) = self.buying.demands.get(id) else {
            no.insert("purchase_request_unknown");
            return Err(no);
        };
        let heads = self.tenures.iter().any(|tenure| {
            let whose = tenure.stands_in_for.unwrap_or(tenure.person);
            (tenure.person, tenure.role) == (sent.person, Role::Head)
                && tenure.holds(self.now)
                && self.colleagues[&whose].department == Some(demand.department)
        });
        if !heads {
            no.insert("not_head_of_department");
        }
        if demand.applicant == sent.person {
            no.insert("own_purchase_request");
        }
        if demand.version != approval.version {
            no.insert("purchase_request_changed");
        }
        let open = demand.state == "requested" || demand.state == "approved" && !approval.approved;
        if !open {
            no.insert("purchase_request_state");
        }
        unless(no)?;
        let demand = &mut self.buying.demands[id];
        demand.decided_by = Some(sent.person);
        demand.state = if approval.approved {
            "approved"
        } else {
            "refused"
        };
        Ok((vec![], None))
    }

    fn order(&mut self, place: &PlaceOrder, mut no: Reasons) -> Result<Done, Reasons> {
        let same = |other: &Order| {
            other.state != "closed"
                && (&other.number, &other.supplier) == (&place.number, &place.supplier)
        };
        if self.buying.orders.iter().any(same) {
            no.insert("order_exists");
        }
        let mut demands = self.buying.demands.clone();
        let mut lines = Vec::new();
        for (request, quantity) in &place.lines {
            let id = index(request.get());
            if quantity.amount() == 0 {
                no.insert("amount_zero");
            }
            let Some(demand) = demands.get_mut(id) else {
                no.insert("purchase_request_unknown");
                continue;
            };
            if !["approved", "ordered", "received"].contains(&demand.state) {
                no.insert("purchase_request_state");
            }
            let left = demand.quantity.amount() - demand.ordered;
            let alike = quantity.dimension() == demand.quantity.dimension();
            if !alike || quantity.amount() > left {
                no.insert("order_exceeds_request");
                continue;
            }
            demand.ordered += quantity.amount();
            demand.settle();
            lines.push((id, quantity.amount(), 0));
        }
        unless(no)?;
        self.buying.demands = demands;
        self.buying.orders.push(Order {
            number: place.number.clone(),
            supplier: place.supplier.clone(),
            lines,
            state: "open",
        });
        let number = i64::try_from(self.buying.orders.len()).unwrap();
        Ok((vec![], Some(number)))
    }

    fn close_order(&mut self, close: &CloseOrder, mut no: Reasons) -> Result<Done, Reasons> {
        let Buying {
            orders, demands, ..
        } = &mut self.buying;
        let Some(order) = orders.get_mut(index(close.closing.order.get())) else {
            no.insert("order_unknown");
            return Err(no);
        };
        if order.state != "open" {
            no.insert("order_state");
        }
        unless(no)?;
        order.state = "closed";
        for (request, ordered, received) in &order.lines {
            let demand = &mut demands[*request];
            demand.ordered -= ordered - received;
            demand.settle();
        }
        Ok((vec![], None))
    }

    /// What a receipt draws, where the documents that are asked for are there.
    pub fn drawing(
        &self,
        receive: &Receive,
        came: i64,
        now: i64,
        no: &mut Reasons,
    ) -> Option<Drawing> {
        let id = receive.lot.identity.product.get();
        let product = self.products.get(&id)?;
        let asked = i128::from(receive.lot.each.amount()) * i128::from(receive.lot.count);
        let asked = i64::try_from(asked).unwrap_or(i64::MAX);
        let mut drawing = Drawing::default();
        let mut kinds = BTreeSet::new();
        for permit in &receive.permits {
            let Some(paper) = self.buying.permits.get(index(permit.get())) else {
                no.insert("permit_unknown");
                continue;
            };
            kinds.insert(paper.says.kind);
            let day = china_day(came);
            if paper.says.revoked {
                no.insert("permit_revoked");
            }
            if day < day_number(paper.says.from) {
                no.insert("permit_not_yet_valid");
            }
            if paper.says.until.is_some_and(|end| day_number(end) < day) {
                no.insert("permit_expired");
            }
            if paper.says.single_use && paper.receipts > 0 {
                no.insert("permit_used");
            }
            let covers =
                |line: &PermitLine| matches!(&line.goods, Goods::Product(one) if one.get() == id);
            let Some(at) = paper.says.lines.iter().position(covers) else {
                no.insert("permit_other_goods");
                continue;
            };
            let whole = paper.says.lines[at].quantity;
            // Nobody here knows a density.
            if whole.dimension() != product.dimension {
                no.insert("permit_density_unknown");
            } else if asked > whole.amount() - paper.drawn[at] {
                no.insert("permit_exceeded");
            }
            drawing.permits.push((permit.get(), at, asked));
        }
        for day in [china_day(came), china_day(now)] {
            let classes = product.classes.iter().filter(|line| {
                day_number(line.from) <= day && line.until.is_none_or(|end| day < day_number(end))
            });
            for class in classes.map(|line| line.class) {
                let of_class = self.buying.policies.iter().enumerate();
                let of_class = of_class.filter(|(_, one)| one.0 == class && one.1 <= day);
                let latest = of_class.max_by_key(|(recorded, one)| (one.1, *recorded));
                let asks = latest.map_or(&[][..], |(_, one)| &one.2);
                if !asks.is_empty() && !asks.iter().any(|kind| kinds.contains(kind)) {
                    no.insert("permit_required");
                }
            }
        }
        if let Some(order) = receive.order {
            let at = index(order.get());
            let Some(order) = self.buying.orders.get(at) else {
                no.insert("order_unknown");
                return None;
            };
            if order.state != "open" {
                no.insert("order_state");
            }
            let mut rest = asked;
            let mut is_other = true;
            let mut amounts = Vec::new();
            for (request, ordered, received) in &order.lines {
                let is_same = self.buying.demands[*request].product == id;
                let fits = if is_same {
                    rest.min(ordered - received)
                } else {
                    0
                };
                is_other &= !is_same;
                rest -= fits;
                amounts.push(fits);
            }
            if is_other {
                no.insert("order_other_product");
            } else if rest > 0 {
                no.insert("order_exceeded");
            }
            drawing.order = Some((at, amounts));
        }
        Some(drawing)
    }

    /// Books a drawing, or (−1) gives it back.
    pub fn draw(&mut self, drawing: &Drawing, sign: i64) {
        for (permit, line, amount) in &drawing.permits {
            let paper = &mut self.buying.permits[index(*permit)];
            paper.drawn[*line] += amount * sign;
            paper.receipts += sign;
        }
        let Some((order, amounts)) = &drawing.order else {
            return;
        };
        let order = &mut self.buying.orders[*order];
        for ((request, _, received), amount) in order.lines.iter_mut().zip(amounts) {
            if *amount == 0 {
                continue;
            }
            *received += amount * sign;
            let demand = &mut self.buying.demands[*request];
            demand.received += amount * sign;
            // What a closed order did not bring is free to be ordered again.
            if order.state == "closed" {
                demand.ordered += amount * sign;
            }
            demand.settle();
        }
        if order.state != "closed" {
            let is_whole = order.lines.iter().all(|(_, whole, came)| whole == came);
            let is_complete = sign > 0 && is_whole;
            order.state = if is_complete { "complete" } else { "open" };
        }
    }

    pub fn buying_lines(&self, id: i64, lines: &mut Vec<String>) {
        for (number, one) in (1..).zip(&self.buying.permits) {
            let revoked = i64::from(one.says.revoked);
            let (kind, receipts) = (one.says.kind.as_str(), one.receipts);
            let drawn = said(one.drawn.iter());
            lines.push(format!(
                "permit|{id}|{number}|{kind}|{}|{revoked}|{receipts}|{drawn}",
                one.says.number
            ));
        }
        for (number, one) in (1..).zip(&self.buying.demands) {
            let Demand {
                version,
                department,
                applicant,
                product,
                on_hand,
                state,
                ordered,
                received,
                ..
            } = one;
            let decided = one.decided_by.map_or("-".to_owned(), |by| by.to_string());
            lines.push(format!(
                "demand|{id}|{number}|{version}|{department}|{applicant}|{product}|{}|{on_hand}|{state}|{decided}|{ordered}|{received}",
                one.quantity.amount()
            ));
        }
        for (number, one) in (1..).zip(&self.buying.orders) {
            let state = one.state;
            let came = said(one.lines.iter().map(|(.., came)| came));
            lines.push(format!(
                "order|{id}|{number}|{}|{}|{state}|{came}",
                one.number, one.supplier
            ));
        }
    }
}
