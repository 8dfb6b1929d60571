//! How things are bought in a history.

use chrono::Days;
use hazledger::domain::ids::{DepartmentId, OrderId, PermitId, ProductId, RequisitionId};
use hazledger::domain::permit::{Goods, Permit, PermitKind, PermitLine, PurchasePolicy};
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::requisition::{Approval, Closing};
use hazledger::domain::substance::ControlClass;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{
    Approve, CloseOrder, PlaceOrder, Receive, SetPermit, SetPurchasePolicy, SetRequisition,
};

use super::act::Act;
use super::invent::Author;
use super::purchases::{BuyAct, Order, Paper, index};
use super::reference::Hospital;

impl Author {
    /// A number given so far, the last ones mostly.
    fn late(&mut self, count: usize) -> i64 {
        let count = i64::try_from(count).unwrap();
        if self.chance.percent(3) {
            return count + 1;
        }
        let first = if self.chance.percent(85) {
            (count - 4).max(1)
        } else {
            1
        };
        self.chance.between(first, count.max(1))
    }

    fn amount(&mut self, hospital: &Hospital, product: i64, most: i64) -> Quantity {
        let own = hospital.products.get(&product);
        let mut dimension = own.map_or(Dimension::Mass, |product| product.dimension);
        if self.chance.percent(3) {
            dimension = self.dimension();
        }
        let amount = if self.chance.percent(3) {
            0
        } else {
            self.chance.between(1, most.max(1))
        };
        Quantity::new(dimension, amount).unwrap()
    }

    pub fn invent_buying(&mut self, hospital: &Hospital) -> Act {
        let buying = &hospital.buying;
        let wait = |state: &str| {
            let demands = (1..).zip(&buying.demands);
            let waiting = demands.filter(|(_, one)| one.state == state);
            waiting.map(|(id, _)| id).collect::<Vec<i64>>()
        };
        let (asked, approved) = (wait("requested"), wait("approved"));
        let act = match self.chance.below(30) {
            0..4 => self.invent_permit(hospital),
            4 => self.invent_purchase_policy(),
            5..11 if !asked.is_empty() => {
                let id = self.chance.pick(&asked);
                let version = buying.demands[index(id)].version;
                let stale = u32::from(self.chance.percent(4));
                BuyAct::Approve(Approve {
                    approval: Approval {
                        request: RequisitionId::try_from(id).unwrap(),
                        version: version - stale.min(version - 1),
                        approved: self.chance.percent(85),
                    },
                    reason: String::new(),
                })
            }
            11..18 if !approved.is_empty() => {
                let lines = (0..self.chance.pick(&[1, 1, 1, 2, 2, 3])).map(|_| {
                    let id = if self.chance.percent(90) {
                        self.chance.pick(&approved)
                    } else {
                        self.late(buying.demands.len())
                    };
                    let demand = buying.demands.get(index(id));
                    let product = demand.map_or(1, |one| one.product);
                    let left = demand.map_or(9, |one| one.quantity.amount() - one.ordered);
                    let left = match self.chance.below(10) {
                        0 => left + 2,
                        1..6 => left,
                        _ => left / 2,
                    };
                    let whole = self.amount(hospital, product, left);
                    let whole = if self.chance.percent(50) {
                        Quantity::new(whole.dimension(), left.max(0)).unwrap()
                    } else {
                        whole
                    };
                    (RequisitionId::try_from(id).unwrap(), whole)
                });
                let lines: Vec<_> = lines.collect();
                BuyAct::Order(PlaceOrder {
                    number: format!("D{}", self.chance.below(60)),
                    supplier: self.chance.pick(&["国药", "阿拉丁"]).to_owned(),
                    lines,
                })
            }
            18..20 if !buying.orders.is_empty() => {
                let order = self.late(buying.orders.len());
                BuyAct::Close(CloseOrder {
                    closing: Closing {
                        order: OrderId::try_from(order).unwrap(),
                    },
                    reason: "缺货".to_owned(),
                })
            }
            _ => {
                let is_old = !buying.demands.is_empty() && self.chance.percent(20);
                let id = is_old.then(|| self.late(buying.demands.len()));
                let product = self.number(hospital.products.len());
                let department = self.chance.percent(30).then(|| self.chance.between(1, 3));
                BuyAct::Request(SetRequisition {
                    id: id.map(|id| RequisitionId::try_from(id).unwrap()),
                    department: department.map(|id| DepartmentId::try_from(id).unwrap()),
                    product: ProductId::try_from(product).unwrap(),
                    quantity: self.amount(hospital, product, 500),
                    purpose: "检验".to_owned(),
                    withdrawn: self.chance.percent(25),
                })
            }
        };
        Act::Buy(act)
    }

    fn invent_purchase_policy(&mut self) -> BuyAct {
        let today = Time::from_millis(self.clock()).china_day();
        let from = if self.chance.percent(15) {
            today - Days::new(1)
        } else {
            today + Days::new(self.chance.next() % 3)
        };
        let class = self.chance.pick(&[
            ControlClass::DrugPrecursor3,
            ControlClass::DrugPrecursor3,
            ControlClass::Hazardous,
        ]);
        let is_free = class == ControlClass::Hazardous || self.chance.percent(50);
        BuyAct::Policy(SetPurchasePolicy {
            policy: PurchasePolicy {
                class,
                from,
                permits: if is_free {
                    vec![]
                } else {
                    vec![PermitKind::Filing, PermitKind::Licence]
                },
                source: "制度".to_owned(),
            },
            second: self.second(),
        })
    }

    fn invent_permit(&mut self, hospital: &Hospital) -> BuyAct {
        let known = hospital.buying.permits.len();
        let is_old = known > 0 && self.chance.percent(35);
        let id = is_old.then(|| self.late(known));
        let old = id.and_then(|id| hospital.buying.permits.get(index(id)));
        let today = Time::from_millis(self.clock()).china_day();
        let permit = match old {
            Some(old) => {
                let mut says = old.says.clone();
                match self.chance.below(5) {
                    0 => says.revoked = !says.revoked,
                    1 => says.until = Some(today + Days::new(self.chance.next() % 20)),
                    2 => says.single_use = !says.single_use,
                    _ => {
                        for line in &mut says.lines {
                            let amount = self.chance.between(0, 4_000);
                            line.quantity =
                                Quantity::new(line.quantity.dimension(), amount).unwrap();
                        }
                    }
                }
                says
            }
            None => {
                let lines = (0..self.chance.pick(&[1, 2, 3])).map(|_| {
                    let product = if self.chance.percent(50) {
                        5
                    } else {
                        self.number(hospital.products.len())
                    };
                    PermitLine {
                        goods: Goods::Product(ProductId::try_from(product).unwrap()),
                        quantity: self.amount(hospital, product, 4_000),
                    }
                });
                let lines = lines.collect();
                let from = today - Days::new(1) + Days::new(self.chance.next() % 3);
                Permit {
                    id: PermitId::MIN,
                    kind: self.chance.pick(&[
                        PermitKind::Filing,
                        PermitKind::Filing,
                        PermitKind::Licence,
                        PermitKind::UseStatement,
                    ]),
                    number: format!("备{}", self.chance.below(200)),
                    issuer: "公安局".to_owned(),
                    from,
                    until: self
                        .chance
                        .percent(60)
                        .then(|| from + Days::new(self.chance.next() % 40)),
                    lines,
                    single_use: self.chance.percent(25),
                    revoked: self.chance.percent(3),
                }
            }
        };
        BuyAct::Permit(SetPermit {
            id: id.map(|id| PermitId::try_from(id).unwrap()),
            permit,
            reason: "更正".to_owned(),
            second: if self.chance.percent(50) {
                self.second()
            } else {
                None
            },
        })
    }

    /// What a delivery is for: an order that is open, and permits that name it.
    pub fn bought(&mut self, hospital: &Hospital, receive: &mut Receive) {
        let buying = &hospital.buying;
        let open = (1..).zip(&buying.orders);
        let open: Vec<(i64, &Order)> = open.filter(|(_, one)| one.state == "open").collect();
        if !open.is_empty() && self.chance.percent(45) {
            let (id, order) = self.chance.pick(&open);
            receive.order = Some(OrderId::try_from(id).unwrap());
            if let Some((request, whole, came)) = order.lines.first().copied()
                && self.chance.percent(85)
            {
                let product = buying.demands[request].product;
                let own = hospital.products.get(&product);
                let dimension = own.map_or(Dimension::Mass, |product| product.dimension);
                let left = (whole - came).max(1);
                let each = if self.chance.percent(50) {
                    left
                } else {
                    self.chance.between(1, left)
                };
                receive.lot.identity.product = ProductId::try_from(product).unwrap();
                receive.lot.identity.dimension = dimension;
                receive.lot.count = 1;
                receive.lot.each = Quantity::new(dimension, each).unwrap();
            }
        } else if self.chance.percent(2) {
            receive.order = Some(OrderId::try_from(self.late(buying.orders.len())).unwrap());
        }
        let product = receive.lot.identity.product;
        let names = |paper: &&Paper| {
            let mut lines = paper.says.lines.iter();
            lines.any(|line| line.goods == Goods::Product(product))
        };
        let fitting = buying.permits.iter().filter(|paper| !paper.says.revoked);
        let fitting: Vec<PermitId> = fitting.filter(names).map(|paper| paper.says.id).collect();
        if !fitting.is_empty() && self.chance.percent(70) {
            let last = fitting.len().saturating_sub(3);
            receive.permits.insert(self.chance.pick(&fitting[last..]));
        } else if !buying.permits.is_empty() && self.chance.percent(3) {
            let id = self.late(buying.permits.len());
            receive.permits.insert(PermitId::try_from(id).unwrap());
        }
    }
}
