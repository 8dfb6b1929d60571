//! 处置的见证与称量: who watches how waste leaves, and whether it weighs what the book says. The one rule
//! of it: the verb asks it before the entry is made, and `apply` once more of every entry.

use super::{
    container::Container,
    facts::Facts,
    ids::{Label, PersonId},
    ledger::{Disposal, Part, Record, Seat},
    quantity::{Dimension, Quantity},
    refusal::Refusal,
    scale::Scale,
    signature::Signed,
    time::Time,
};

/// How many watch (双人见证): as many as receive and issue what is controlled (HCL art. 41).
pub const WITNESSES: usize = 2;

/// What a balance showed of a container.
#[derive(Clone, Copy, Debug)]
pub struct Balance {
    /// Which container.
    pub label: Label,
    /// Gross weight, µg.
    pub gross_ug: i64,
    /// Weight of the empty vessel, µg, where it is given.
    pub tare_ug: Option<i64>,
}

/// Whether enough people watched, none of them the one who sends it.
///
/// # Errors
/// [`Refusal::WitnessesMissing`], [`Refusal::WitnessUnfit`].
pub(super) fn witnessed(seats: &[Seat], sender: Option<PersonId>) -> Result<(), Refusal> {
    let witnesses = || seats.iter().filter(|seat| seat.part == Part::Witness);
    if let Some(seat) = witnesses().find(|seat| Some(seat.person) == sender) {
        return Err(Refusal::WitnessUnfit {
            person: seat.person,
        });
    }
    let named = witnesses().count();
    if named < WITNESSES {
        return Err(Refusal::WitnessesMissing {
            needed: WITNESSES,
            named,
        });
    }
    Ok(())
}

impl Facts {
    /// What is in a container by the balance, in base units, where that can be told. Evidence of an open
    /// incident is not disposed of. What differs from
    /// the book by more than a balance may (RULES D5) needs a reason; of what is signed for it does not
    /// leave: a shortage of it is a suspected loss (RULES D7). Whatever is watched is weighed with its tare. Of
    /// the rest, where nobody knows what the vessel weighs, all of it together still weighs no less than what
    /// the book has in it.
    ///
    /// # Errors
    /// [`Refusal::ContainerInIncident`], [`Refusal::AmountZero`], [`Refusal::WeightBelowTare`],
    /// [`Refusal::TareUnknown`], [`Refusal::DensityUnknown`], [`Refusal::WeightDiffers`], [`Refusal::ControlledWeightDiffers`].
    pub(super) fn weighed(
        &self,
        balance: Balance,
        container: &Container,
        amount: i64,
        now: Time,
        is_excused: bool,
    ) -> Result<Option<i64>, Refusal> {
        let Balance {
            label,
            gross_ug,
            tare_ug,
        } = balance;
        Self::uninvolved(container, label)?;
        let overflow = |_| Refusal::AmountOverflow {};
        let mass = |ug| Quantity::new(Dimension::Mass, ug).map_err(overflow);
        let gross = mass(gross_ug)?;
        if gross_ug == 0 {
            return Err(Refusal::AmountZero {});
        }
        let identity = &container.identity;
        let product = self.product(identity.product)?;
        let is_watched = self.is_watched(product, now);
        let is_signed_for = self.requirement(product, now).is_controlled();
        let tare = tare_ug.or(identity.tare_ug).map(mass).transpose()?;
        if let Some(tare) = tare.filter(|tare| gross.amount() < tare.amount()) {
            return Err(Refusal::WeightBelowTare { gross, tare });
        }
        let is_counted = identity.dimension == Dimension::Count;
        let scale = match Scale::of(container, product, label, gross) {
            Ok(_) if is_watched && tare.is_none() => return Err(Refusal::TareUnknown { label }),
            Ok(scale) => scale,
            Err(unknown) if is_signed_for && !is_counted => return Err(unknown),
            Err(_) => return Ok(None),
        };
        let (weighed, _) = scale.weigh(gross, tare.unwrap_or(mass(0)?))?;
        let most_off = scale.tolerance(amount)?;
        let off = weighed.amount().saturating_sub(amount);
        let differs = off < -most_off || (tare.is_some() && off > most_off);
        if differs {
            let booked = Quantity::new(identity.dimension, amount).map_err(overflow)?;
            if is_signed_for {
                return Err(Refusal::ControlledWeightDiffers {
                    label,
                    booked,
                    weighed,
                });
            }
            if !is_excused {
                return Err(Refusal::WeightDiffers {
                    label,
                    booked,
                    weighed,
                });
            }
        }
        Ok(tare.map(|_| weighed.amount()))
    }

    /// Whether an entry disposes of exactly what was weighed, before enough witnesses.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn disposes(&self, record: &Record, disposal: &Disposal) -> Result<(), Refusal> {
        let wrong = Refusal::Inconsistent {
            what: "weights of a disposal",
        };
        witnessed(&record.seats, sender(record))?;
        self.disposes_of_vessels(record, &disposal.vessels)?;
        if disposal.weighed.len() != record.containers.len() {
            return Err(wrong);
        }
        for (weighed, line) in disposal.weighed.iter().zip(&record.containers) {
            let container = self.stock.containers.get(line.serial);
            let (Some(container), Some(prior)) = (container, line.before) else {
                return Err(wrong);
            };
            let balance = Balance {
                label: Label::new(self.institution, line.serial, prior.standing.generation),
                gross_ug: weighed.gross_ug,
                tare_ug: weighed.tare_ug,
            };
            let content = self.weighed(
                balance,
                container,
                prior.standing.amount,
                record.recorded_at,
                !record.reason.trim().is_empty(),
            )?;
            if (weighed.serial, weighed.content) != (line.serial, content) {
                return Err(wrong);
            }
        }
        Ok(())
    }
}

/// Whose act it is: who asked for the signatures, or else sent it.
fn sender(record: &Record) -> Option<PersonId> {
    let asked = record.signed.as_ref().and_then(Signed::applicant);
    asked.or(record.actor.person)
}
