//! What a settlement does, and what becomes of what never arrived: of watched classes it is a suspected loss
//! (RULES D7), which opens an incident in the same entry.

use std::collections::BTreeSet;

use super::{Reclamation, TransferSettlement, step::does};
use crate::domain::{
    container::{Container, Event, Standing, Status},
    facts::Facts,
    ids::{IncidentId, Label, PlaceId, Serial},
    incident::{Affected, Incident, IncidentKind},
    ledger::{Account, ContainerLine, Posting, Prior, Record},
    refusal::Refusal,
    time::Time,
};

/// What a settlement does to the containers of a consignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Each container, as the verdict names them.
    pub lines: Vec<ContainerLine>,
    /// What moves.
    pub postings: Vec<Posting>,
    /// What is lost of watched classes.
    pub lost: Vec<Affected>,
    /// Where the first of that was sent from.
    pub from: Option<PlaceId>,
}

/// What the receiver says of one container.
#[derive(Clone, Copy)]
enum Fate {
    /// That much was in it.
    Arrived(i64),
    Refused,
    Missing,
}

impl Reclamation {
    /// What comes back with less in it has something in it, but not all that was sent.
    ///
    /// # Errors
    /// [`Refusal::AmountZero`], [`Refusal::NotShort`].
    pub fn is_less(label: Label, came: i64, sent: i64) -> Result<(), Refusal> {
        if came <= 0 {
            return Err(Refusal::AmountZero {});
        }
        if came >= sent {
            return Err(Refusal::NotShort { label });
        }
        Ok(())
    }
}

impl Settled {
    /// The incident that it opens, if anything watched is lost.
    #[must_use]
    pub fn incident(&self, id: IncidentId, discovered_at: Time) -> Option<Incident> {
        self.from.map(|place| Incident {
            id,
            kind: IncidentKind::SuspectedLoss,
            place,
            discovered_at,
            containers: self.lost.clone(),
        })
    }
}

impl Facts {
    /// What a settlement does to the containers, each of which stood as `prior` says.
    ///
    /// # Errors
    /// [`Refusal::TransferUnknown`], [`Refusal::TransferSettled`]; [`Refusal::Inconsistent`] when it is not
    /// about exactly what is on the road.
    pub fn settled(
        &self,
        settlement: &TransferSettlement,
        prior: impl Fn(Serial) -> Option<Prior>,
        now: Time,
    ) -> Result<Settled, Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent {
            what: "settlement of a transfer",
        };
        let outgoing = self.outgoing(settlement.consignment)?;
        if let Some(by) = outgoing.settled_by {
            return Err(Refusal::TransferSettled { by });
        }
        if settlement.by != outgoing.to {
            return Err(WRONG);
        }
        let mut open = outgoing.on_the_road.clone();
        let mut settled = Settled {
            lines: Vec::new(),
            postings: Vec::new(),
            lost: Vec::new(),
            from: None,
        };
        let verdict = &settlement.verdict;
        let accepted = verdict.accepted.iter();
        let accepted = accepted.map(|line| (line.label, Fate::Arrived(line.amount)));
        let refused = verdict.refused.iter();
        let refused = refused.map(|line| (line.label, Fate::Refused));
        let missing = verdict.missing.iter();
        let missing = missing.map(|line| (line.label, Fate::Missing));
        for (label, fate) in accepted.chain(refused).chain(missing) {
            let serial = label.serial();
            let stood = prior(serial).filter(|prior| {
                let standing = prior.standing;
                let named = Label::new(self.institution, serial, standing.generation);
                named == label && standing.status == Status::InTransit && open.remove(&serial)
            });
            self.settle_one(&mut settled, serial, stood.ok_or(WRONG)?, fate, now)?;
        }
        if open.is_empty() {
            Ok(settled)
        } else {
            Err(WRONG)
        }
    }

    fn settle_one(
        &self,
        settled: &mut Settled,
        serial: Serial,
        stood: Prior,
        fate: Fate,
        now: Time,
    ) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent {
            what: "settlement of a transfer",
        };
        let container = self.stock.containers.get(serial).ok_or(WRONG)?;
        let before = stood.standing;
        let (event, arrived) = match fate {
            Fate::Arrived(arrived) if arrived > 0 => (Some(Event::Deliver), arrived),
            Fate::Arrived(_) => return Err(WRONG),
            Fate::Refused => (None, before.amount),
            Fate::Missing => (Some(Event::Miss), 0),
        };
        let after = match event {
            None => before,
            Some(event) => Standing {
                status: before.status.after(event).ok_or(WRONG)?,
                amount: 0,
                ..before
            },
        };
        settled.lines.push(ContainerLine {
            serial,
            before: Some(stood),
            identity: None,
            after,
        });
        if event.is_none() {
            return Ok(());
        }
        let posting = |account, amount| Posting {
            account,
            container: serial,
            product: container.identity.product,
            dimension: container.identity.dimension,
            place: None,
            holder: None,
            checkout: None,
            amount,
        };
        let short = before.amount.checked_sub(arrived);
        let short = short.filter(|short| *short >= 0).ok_or(WRONG)?;
        let postings = &mut settled.postings;
        postings.push(posting(Account::InTransit, -before.amount));
        if arrived > 0 {
            postings.push(posting(Account::Peer, arrived));
        }
        if short == 0 {
            return Ok(());
        }
        if !self.is_watched(self.product_of(container)?, now) {
            postings.push(posting(Account::Variance, short));
            return Ok(());
        }
        postings.push(posting(Account::Lost, short));
        settled.from = settled.from.or(Some(before.place));
        settled.lost.push(Affected {
            serial,
            lost: short,
        });
        Ok(())
    }

    /// Opens the incident of a settlement, if it has to say that something watched is lost.
    pub(super) fn miss(
        &mut self,
        record: &Record,
        settlement: &TransferSettlement,
        settled: &Settled,
    ) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent {
            what: "incident of a transfer",
        };
        let Some(incident) = &settlement.incident else {
            return if settled.lost.is_empty() {
                Ok(())
            } else {
                Err(WRONG)
            };
        };
        if settled
            .incident(incident.id, incident.discovered_at)
            .as_ref()
            != Some(incident)
        {
            return Err(WRONG);
        }
        self.open_incident(incident, record, None)
    }

    /// Whether a refused container did not come back, and the account of what was in it. One of a watched
    /// class is in an incident first: who misses it reports it, and the clock has begun.
    ///
    /// # Errors
    /// [`Refusal::LossUnreported`].
    pub fn missed(
        &self,
        container: &Container,
        label: Label,
        incident: Option<IncidentId>,
        now: Time,
    ) -> Result<Account, Refusal> {
        if !self.is_watched(self.product_of(container)?, now) {
            Ok(Account::Variance)
        } else if incident.is_some() && container.incident == incident {
            Ok(Account::Lost)
        } else {
            Err(Refusal::LossUnreported { label })
        }
    }

    /// What was refused is back as it left, or gone and then in its incident with what was in it.
    pub(super) fn reclaimed(
        &mut self,
        record: &Record,
        reclamation: &Reclamation,
    ) -> Result<(), Refusal> {
        let outgoing = self.outgoing(reclamation.consignment)?;
        does(outgoing.settled_by.is_some() && !record.containers.is_empty())?;
        let now = record.recorded_at;
        let (mut back, mut gone, mut lost) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let mut came_short = 0;
        for line in &record.containers {
            let container = self.stock.containers.get(line.serial);
            let (Some(container), Some(prior)) = (container, line.before) else {
                return does(false);
            };
            let before = prior.standing;
            let label = Label::new(self.institution, line.serial, before.generation);
            let after = if reclamation.missing.contains(&label) {
                let account = self.missed(container, label, reclamation.incident, now)?;
                if account == Account::Lost {
                    lost.push((line.serial, before.amount));
                }
                gone.insert(line.serial);
                Standing {
                    status: Status::Lost,
                    amount: 0,
                    ..before
                }
            } else {
                let place = line.after.place;
                self.permits(self.place(place)?, self.product_of(container)?, now)?;
                let mut named = reclamation.short.iter();
                let amount = match named.find(|short| short.label == label) {
                    None => before.amount,
                    Some(short) => {
                        Reclamation::is_less(label, short.amount, before.amount)?;
                        if self.missed(container, label, reclamation.incident, now)?
                            == Account::Lost
                        {
                            lost.push((line.serial, before.amount - short.amount));
                        }
                        came_short += 1;
                        short.amount
                    }
                };
                Standing {
                    status: Status::InStock,
                    place,
                    amount,
                    ..before
                }
            };
            does(line.after == after && outgoing.on_the_road.contains(&line.serial))?;
            back.insert(line.serial);
        }
        does(gone.len() == reclamation.missing.len() && came_short == reclamation.short.len())?;
        if !lost.is_empty() {
            self.add_lost(reclamation.incident, &lost, record)?;
        }
        if let Some(outgoing) = self.transfers.outgoing.change(reclamation.consignment) {
            outgoing.on_the_road.retain(|serial| !back.contains(serial));
            outgoing.gone.extend(gone);
        }
        Ok(())
    }
}
