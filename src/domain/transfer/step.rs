//! What the entries of transfers do, and when they may: asked by the verbs before they are written, and of
//! every entry when it is applied, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{
    Acceptance, Announcement, Consignment, Incoming, Outgoing, SentContainer, SentProduct,
};
use crate::domain::{
    container::{Container, Standing, Status},
    facts::Facts,
    ids::{Generation, InstitutionId, Label, ProductId, Seq},
    institution::{Institution, InstitutionKind},
    ledger::{Act, ContainerLine, Record},
    policy::Requirement,
    product::Product,
    refusal::Refusal,
    time::Time,
};

impl Facts {
    /// The institution to which something is sent.
    ///
    /// # Errors
    /// [`Refusal::TransferToSelf`], [`Refusal::ReceiverUnknown`], [`Refusal::TransferToBureau`].
    pub fn receiver(&self, to: InstitutionId) -> Result<&Institution, Refusal> {
        if to == self.institution {
            return Err(Refusal::TransferToSelf {});
        }
        let own = self.register.institution.as_ref().map(|own| own.origin);
        let peer = self.transfers.peers.get(&to);
        // What is made up goes to nobody who is real, and the reverse.
        let peer = peer
            .filter(|peer| own == Some(peer.origin))
            .ok_or(Refusal::ReceiverUnknown { institution: to })?;
        match peer.kind {
            InstitutionKind::Hospital | InstitutionKind::Cdc => Ok(peer),
            InstitutionKind::Bureau => Err(Refusal::TransferToBureau { institution: to }),
            InstitutionKind::System => Err(Refusal::ReceiverUnknown { institution: to }),
        }
    }

    /// A consignment of this institution.
    ///
    /// # Errors
    /// [`Refusal::TransferUnknown`].
    pub fn outgoing(&self, entry: Seq) -> Result<&Outgoing, Refusal> {
        let found = self.transfers.outgoing.get(entry);
        found.ok_or(Refusal::TransferUnknown {})
    }

    /// A consignment that was announced to this institution and nobody has accepted.
    ///
    /// # Errors
    /// [`Refusal::TransferUnknown`], [`Refusal::TransferAccepted`].
    pub fn expected(&self, from: InstitutionId, entry: Seq) -> Result<&Incoming, Refusal> {
        let incoming = self.transfers.incoming.get((from, entry));
        let incoming = incoming.ok_or(Refusal::TransferUnknown {})?;
        match incoming.accepted_by {
            Some(by) => Err(Refusal::TransferAccepted { by }),
            None => Ok(incoming),
        }
    }

    /// Containers as a consignment describes them: products each once, containers in their order.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`]: every container's product is in the register.
    pub fn packed<'c>(
        &self,
        containers: impl Iterator<Item = &'c Container>,
        day: NaiveDate,
    ) -> Result<(Vec<SentProduct>, Vec<SentContainer>), Refusal> {
        let mut numbers: BTreeMap<ProductId, u32> = BTreeMap::new();
        let (mut products, mut packed) = (Vec::new(), Vec::new());
        for container in containers {
            let product = self.product_of(container)?;
            let next = u32::try_from(products.len()).map_err(|_| Refusal::Inconsistent {
                what: "products of a consignment",
            })?;
            let number = *numbers.entry(product.id).or_insert_with(|| {
                products.push(SentProduct::of(product, day));
                next
            });
            packed.push(SentContainer::of(self.institution, container, number));
        }
        Ok((products, packed))
    }

    /// The product of this institution that is the same as what was sent, the one named or the only one
    /// there is. A transfer makes nothing of a controlled class ordinary.
    ///
    /// # Errors
    /// [`Refusal::ProductUnknown`], [`Refusal::ProductNotMatched`], [`Refusal::ProductNotSame`],
    /// [`Refusal::ClassNotCovered`], [`Refusal::ProductUnidentified`].
    pub fn same_product(
        &self,
        sent: &SentProduct,
        label: Label,
        named: Option<ProductId>,
        now: Time,
    ) -> Result<&Product, Refusal> {
        let product = if let Some(named) = named {
            self.product(named)?
        } else {
            let products = self.register.products.iter();
            let same: Vec<&Product> = products
                .map(|(_, product)| product)
                .filter(|product| sent.is_same(product))
                .collect();
            let found = same.len();
            let only = same.first().filter(|_| found == 1).copied();
            only.ok_or(Refusal::ProductNotMatched { label, found })?
        };
        if !sent.is_same(product) {
            return Err(Refusal::ProductNotSame {
                label,
                product: product.id,
            });
        }
        if let Some(class) = sent.uncovered(product, now.china_day()) {
            return Err(Refusal::ClassNotCovered {
                label,
                product: product.id,
                class: class.name_zh(),
            });
        }
        product.identified(now)?;
        Ok(product)
    }

    /// What an act demands beside what the containers in it do: who refuses what is controlled signs for
    /// it as who accepts it, what is in a waste container is signed for with it, and so is what is written off.
    #[must_use]
    pub fn act_requirement(&self, act: &Act, now: Time) -> Requirement {
        let Act::Accept(acceptance) = act else {
            let lost = self.loss_requirement(act, now);
            return lost.and_requirement(&self.vessel_requirement(act, now));
        };
        let incoming = self
            .transfers
            .incoming
            .get((acceptance.from, acceptance.entry));
        let sent = incoming.map(|incoming| &incoming.announcement.consignment);
        let products = sent.into_iter().flat_map(|sent| &sent.products);
        products.fold(Requirement::NONE, |strictest, product| {
            strictest.and_requirement(&self.demanded(&product.classes, now.china_day()))
        })
    }

    /// Does what an entry of a transfer says, if it follows, whoever wrote it.
    ///
    /// # Errors
    /// Why it does not.
    pub(in crate::domain) fn step_transfer(&mut self, record: &Record) -> Result<(), Refusal> {
        if let Act::Send(consignment) = &record.act {
            let outgoing = self.sent(record, consignment)?;
            self.transfers.outgoing.put(record.seq, outgoing);
        } else if let Act::Announce(announcement) = &record.act {
            let incoming = self.announced(announcement, record.seq)?;
            let key = (announcement.from, announcement.entry);
            self.transfers.incoming.put(key, incoming);
        } else if let Act::Accept(acceptance) = &record.act {
            self.accepted(record, acceptance)?;
            let key = (acceptance.from, acceptance.entry);
            if let Some(incoming) = self.transfers.incoming.change(key) {
                incoming.accepted_by = Some(record.seq);
            }
        } else if let Act::Settle(settlement) = &record.act {
            let prior = |serial| record.before(serial);
            let settled = self.settled(settlement, prior, record.recorded_at)?;
            does(settled.lines == record.containers && settled.postings == record.postings)?;
            self.miss(record, settlement, &settled)?;
            if let Some(outgoing) = self.transfers.outgoing.change(settlement.consignment) {
                outgoing.settled_by = Some(record.seq);
                let refused = settlement.verdict.refused.iter();
                outgoing.on_the_road = refused.map(|line| line.label.serial()).collect();
            }
        } else if let Act::Reclaim(reclamation) = &record.act {
            self.reclaimed(record, reclamation)?;
        }
        Ok(())
    }

    fn sent(&self, record: &Record, consignment: &Consignment) -> Result<Outgoing, Refusal> {
        if consignment.to == self.institution {
            return Err(Refusal::TransferToSelf {});
        }
        let day = record.recorded_at.china_day();
        let lines = &record.containers;
        let leaves = |line: &ContainerLine| {
            let before = line.before.map(|prior| prior.standing);
            let there = before.map(|before| Standing {
                status: Status::InTransit,
                ..before
            });
            there == Some(line.after) && before.map(|one| one.status) == Some(Status::InStock)
        };
        does(!lines.is_empty() && lines.iter().all(leaves))?;
        let containers = lines
            .iter()
            .filter_map(|line| self.stock.containers.get(line.serial));
        let packed = self.packed(containers, day)?;
        does(packed == (consignment.products.clone(), consignment.containers.clone()))?;
        for sent in &consignment.containers {
            sent.is_fit(day)?;
            let label = sent.label;
            if let Some(container) = self.stock.containers.get(label.serial()) {
                Self::uninvolved(container, label)?;
            }
            let out = self.stock.parts_out.get(&label.serial());
            if out.is_some_and(|out| *out > 0) {
                return Err(Refusal::PartWithPerson { label });
            }
        }
        let left = record.occurred_at.unwrap_or(record.recorded_at);
        let requirement = lines
            .iter()
            .try_fold(Requirement::NONE, |strictest, line| {
                let container = self.stock.containers.get(line.serial);
                let container = container.ok_or(Refusal::Inconsistent {
                    what: "container of a consignment",
                })?;
                let label = Label::new(self.institution, line.serial, line.after.generation);
                Self::uninvolved(container, label)?;
                let product = self.product_of(container)?;
                product.identified(record.recorded_at)?;
                Ok(strictest.and_requirement(&self.requirement(product, record.recorded_at)))
            })?;
        consignment.carriage.allows(&requirement, left)?;
        Ok(Outgoing {
            to: consignment.to,
            sent_at: record.recorded_at,
            expected_at: consignment.carriage.expected_at,
            settled_by: None,
            on_the_road: lines.iter().map(|line| line.serial).collect(),
            gone: BTreeSet::new(),
        })
    }

    /// A consignment that is announced, if it comes here and was not announced before.
    ///
    /// # Errors
    /// [`Refusal::TransferUnknown`] for what goes elsewhere, [`Refusal::TransferAnnounced`].
    pub fn announced(&self, announcement: &Announcement, by: Seq) -> Result<Incoming, Refusal> {
        let key = (announcement.from, announcement.entry);
        if let Some(known) = self.transfers.incoming.get(key) {
            return Err(Refusal::TransferAnnounced {
                by: known.announced_by,
            });
        }
        let consignment = &announcement.consignment;
        let from = announcement.from;
        let mut containers = consignment.containers.iter();
        let is_theirs = containers.all(|one| one.label.institution() == from);
        if consignment.to != self.institution || from == self.institution || !is_theirs {
            return Err(Refusal::TransferUnknown {});
        }
        Ok(Incoming {
            announced_by: by,
            announcement: announcement.clone(),
            accepted_by: None,
        })
    }

    fn accepted(&self, record: &Record, acceptance: &Acceptance) -> Result<(), Refusal> {
        let incoming = self.expected(acceptance.from, acceptance.entry)?;
        let announcement = &incoming.announcement;
        let consignment = &announcement.consignment;
        consignment.judged(&acceptance.verdict)?;
        let seats = record.seats.iter().map(|seat| seat.person);
        for person in seats.chain(record.actor.person) {
            announcement.not_sent_by(self, person)?;
        }
        let came = record.occurred_at.unwrap_or(record.recorded_at);
        announcement.had_left(came)?;
        let accepted = &acceptance.verdict.accepted;
        does(
            acceptance.leaf_hash == announcement.leaf_hash
                && record.containers.len() == accepted.len()
                && record.identities.len() == accepted.len(),
        )?;
        let made = record.identities.iter().zip(&record.containers);
        for ((index, line), (identity, container)) in (0_u32..).zip(accepted).zip(made) {
            let sent = consignment.container(line.label)?;
            sent.has_not_expired(came.china_day())?;
            let product = self.same_product(
                consignment.product_of(sent)?,
                line.label,
                Some(identity.product),
                record.recorded_at,
            )?;
            let place = container.after.place;
            self.permits(self.place(place)?, product, record.recorded_at)?;
            let there = Standing {
                status: Status::InStock,
                place,
                holder: None,
                generation: Generation::MIN,
                amount: line.amount,
            };
            does(
                *identity == sent.identity(product)
                    && container.before.is_none()
                    && container.identity == Some(index)
                    && container.after == there,
            )?;
        }
        Ok(())
    }
}

/// An entry that does something else than its act says.
pub(super) fn does(what_it_says: bool) -> Result<(), Refusal> {
    if what_it_says {
        Ok(())
    } else {
        Err(Refusal::Inconsistent {
            what: "entry of a transfer",
        })
    }
}
