//! What signing requests hold back.

use super::{Authority, Context};
use crate::domain::{
    facts::Facts,
    ids::{Label, RequestId, Serial},
    refusal::Refusal,
    request::Reservation,
};

/// What other requests hold back of a container at this moment.
pub(super) fn reserved(
    facts: &Facts,
    cx: &Context,
    authority: Authority,
    serial: Serial,
) -> impl Iterator<Item = (RequestId, Reservation)> {
    let own = if let Authority::Request(request) = authority {
        Some(request)
    } else {
        None
    };
    let now = cx.now;
    facts
        .desk
        .reservations
        .iter()
        .filter(move |((request, of), held)| {
            *of == serial && Some(*request) != own && held.amount > 0 && now < held.expires_at
        })
        .map(|((request, _), held)| (*request, *held))
}

/// Nobody else's request holds any of the container.
///
/// # Errors
/// [`Refusal::ContainerReserved`].
pub(super) fn unreserved(
    facts: &Facts,
    cx: &Context,
    authority: Authority,
    label: Label,
) -> Result<(), Refusal> {
    match reserved(facts, cx, authority, label.serial()).max_by_key(|(_, held)| held.expires_at) {
        Some((request, held)) => Err(Refusal::ContainerReserved {
            label,
            request,
            until: held.expires_at,
        }),
        None => Ok(()),
    }
}
