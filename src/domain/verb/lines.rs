//! The lines that movements are made of: how a container stands after, and the postings beside it.

use super::{Authority, Context, reserved::reserved};
use crate::domain::{
    container::{Container, Event, Standing},
    facts::Facts,
    ids::{Label, PersonId},
    ledger::{Account, ContainerLine, Kind, Posting, Prior},
    quantity::Quantity,
    refusal::Refusal,
};

/// The standing of a container after an event, if its state allows it.
///
/// # Errors
/// [`Refusal::ContainerState`].
pub(super) fn after(
    container: &Container,
    label: Label,
    event: Event,
    act: Kind,
) -> Result<Standing, Refusal> {
    let status = container.standing.status;
    match status.after(event) {
        Some(next) => Ok(Standing {
            status: next,
            ..container.standing
        }),
        None => Err(Refusal::ContainerState {
            label,
            state: status,
            act,
        }),
    }
}

/// The line of a container that was there before.
pub(super) const fn line(container: &Container, after: Standing) -> ContainerLine {
    ContainerLine {
        serial: container.serial,
        before: Some(Prior {
            entry: container.last_entry,
            standing: container.standing,
        }),
        identity: None,
        after,
    }
}

/// A posting on the account of what is in a container, where it stands in `standing`.
pub(super) fn inside(container: &Container, standing: &Standing, amount: i64) -> Posting {
    Posting {
        account: standing.status.account(),
        container: container.serial,
        product: container.identity.product,
        dimension: container.identity.dimension,
        place: standing.holder.is_none().then_some(standing.place),
        holder: standing.holder,
        checkout: None,
        amount,
    }
}

/// A posting on an account outside the container: what is with the holder or used up.
pub(super) fn outside(
    container: &Container,
    account: Account,
    holder: Option<PersonId>,
    amount: i64,
) -> Posting {
    Posting {
        account,
        place: None,
        holder,
        ..inside(container, &container.standing, amount)
    }
}

/// An amount of what the container is booked in.
pub(super) fn quantity_of(container: &Container, amount: i64) -> Result<Quantity, Refusal> {
    Quantity::new(container.identity.dimension, amount).map_err(|_| Refusal::Inconsistent {
        what: "content of a container",
    })
}

/// The amount to book for `given` from a container: available = balance − reservations.
///
/// # Errors
/// [`Refusal::AmountZero`], [`Refusal::DimensionMismatch`], [`Refusal::NotEnough`].
pub(super) fn takeable(
    facts: &Facts,
    cx: &Context,
    authority: Authority,
    container: &Container,
    label: Label,
    given: Quantity,
) -> Result<i64, Refusal> {
    let held = reserved(facts, cx, authority, container.serial)
        .fold(0_i64, |sum, (_, held)| sum.saturating_add(held.amount));
    let available = container.standing.amount.saturating_sub(held).max(0);
    spendable(container, label, available, given)
}

/// The amount to book for `given` out of `available` base units, in the container or taken out of it.
///
/// # Errors
/// [`Refusal::AmountZero`], [`Refusal::DimensionMismatch`], [`Refusal::NotEnough`].
pub(super) fn spendable(
    container: &Container,
    label: Label,
    available: i64,
    given: Quantity,
) -> Result<i64, Refusal> {
    let content = quantity_of(container, available)?;
    if given.dimension() != content.dimension() {
        return Err(Refusal::DimensionMismatch {
            label,
            booked: content,
            given,
        });
    }
    if given.amount() == 0 {
        return Err(Refusal::AmountZero {});
    }
    if given.amount() > available {
        return Err(Refusal::NotEnough {
            label,
            available: content,
            asked: given,
        });
    }
    Ok(given.amount())
}
