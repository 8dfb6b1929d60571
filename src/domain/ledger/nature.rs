//! What an entry of each kind may do: one table, read by everything that asks.

use super::{Account, Kind};

/// Who signs for a controlled container that an entry concerns; how many is for the policies to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// Nobody: no stock is concerned.
    Nobody,
    /// 验收人: those who accept what comes into the book.
    Acceptors,
    /// Custodians of the place.
    Keepers,
    /// Custodians of the place, and two others who watch.
    KeepersAndWitnesses,
    /// Custodians of the place, and whoever takes it, uses it or brings it back.
    KeepersAndReceivers,
    /// One custodian of the place, and whoever takes it (应急发放).
    OneKeeper,
    /// Custodians of the place, as many as for any act on what is there (RULES D4: 冲正).
    EveryKeeper,
    /// Whoever hands a place over, and whoever takes it over (保管交接), whatever stands there.
    BothKeepers,
}

/// What an entry of one kind may do.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// The accounts it may post to.
    pub accounts: &'static [Account],
    /// Who signs for what is controlled.
    pub signing: Signing,
    /// Whether it can be taken back: movements of stock, and no reversal itself.
    pub is_reversible: bool,
    /// Whether it changes the register (people, places, products, policies), of which writers keep a
    /// copy in memory.
    pub changes_register: bool,
    /// Whether another institution has to be told of it.
    pub crosses: bool,
}

/// Moves nothing.
const DESK: Nature = Nature {
    accounts: &[],
    signing: Signing::Nobody,
    is_reversible: false,
    changes_register: false,
    crosses: false,
};

const REGISTER: Nature = Nature {
    changes_register: true,
    ..DESK
};

const fn movement(accounts: &'static [Account], signing: Signing) -> Nature {
    Nature {
        accounts,
        signing,
        is_reversible: true,
        changes_register: false,
        crosses: false,
    }
}

/// Of a movement between two institutions each knows its half: neither takes it back alone.
const fn transfer(accounts: &'static [Account], signing: Signing, crosses: bool) -> Nature {
    Nature {
        is_reversible: false,
        crosses,
        ..movement(accounts, signing)
    }
}

/// What another count corrects, not a reversal.
const fn settling(accounts: &'static [Account], signing: Signing) -> Nature {
    Nature {
        is_reversible: false,
        ..movement(accounts, signing)
    }
}

impl Kind {
    /// Whether a movement that is signed for says what for: signers confirm the purpose of what is taken
    /// (RULES §2), and why something is waste.
    #[must_use]
    pub const fn asks_purpose(self) -> bool {
        matches!(
            self,
            Self::Checkout
                | Self::Use
                | Self::Release
                | Self::Split
                | Self::Mix
                | Self::Waste
                | Self::Send
        )
    }

    /// What an entry of this kind may do.
    #[must_use]
    pub const fn nature(self) -> Nature {
        use Account as A;
        match self {
            Self::Found
            | Self::Enrol
            | Self::Appoint
            | Self::Revoke
            | Self::Leave
            | Self::Suspend
            | Self::Department
            | Self::Assign
            | Self::Badge
            | Self::Secret
            | Self::Place
            | Self::Product
            | Self::Policy
            | Self::PurchasePolicy => REGISTER,
            Self::Code
            | Self::Unlock
            | Self::Countersign
            | Self::Reprint
            | Self::Permit
            | Self::Requisition
            | Self::Approve
            | Self::Order
            | Self::CloseOrder
            | Self::Announce
            | Self::Stocktake
            | Self::Resolve
            | Self::BookCount
            | Self::CloseStocktake
            | Self::Incident
            | Self::FollowUp
            | Self::Submit
            | Self::Review
            | Self::KeepHead
            | Self::Vessel
            | Self::Audit => DESK,
            // What is in a waste container goes with it.
            Self::VesselStep => Nature {
                signing: Signing::Keepers,
                ..DESK
            },
            Self::Handover => Nature {
                signing: Signing::BothKeepers,
                ..REGISTER
            },
            Self::Opening => movement(&[A::Opening, A::Container], Signing::Acceptors),
            Self::Receive | Self::Purchase => {
                movement(&[A::Supplier, A::Container], Signing::Acceptors)
            }
            Self::Move => movement(&[A::Container, A::Waste], Signing::Keepers),
            Self::Waste => movement(
                &[A::Container, A::Waste, A::Held, A::Vessel],
                Signing::Keepers,
            ),
            Self::Split => movement(&[A::Container], Signing::Keepers),
            Self::Mix => movement(&[A::Container, A::Held, A::Made], Signing::Keepers),
            Self::Dispose => movement(
                &[A::Waste, A::Vessel, A::Disposed],
                Signing::KeepersAndWitnesses,
            ),
            Self::Checkout => movement(&[A::Container, A::Held], Signing::KeepersAndReceivers),
            Self::Release => movement(&[A::Container, A::Held], Signing::OneKeeper),
            Self::Use | Self::GiveBack => movement(
                &[A::Container, A::Held, A::Consumed],
                Signing::KeepersAndReceivers,
            ),
            Self::Send => transfer(&[A::Container, A::InTransit], Signing::Keepers, true),
            Self::Accept => transfer(&[A::Peer, A::Container], Signing::Acceptors, true),
            // Whoever signed for what is settled signed at the other institution.
            Self::Settle => transfer(
                &[A::InTransit, A::Peer, A::Lost, A::Variance],
                Signing::Nobody,
                false,
            ),
            Self::Reclaim => transfer(
                &[A::InTransit, A::Container, A::Lost, A::Variance],
                Signing::Keepers,
                false,
            ),
            // A scan that fixes a misplaced container moves it; what somebody signs for it never moves.
            Self::Count => settling(&[A::Container, A::Waste], Signing::Nobody),
            Self::Variance => settling(&[A::Container, A::Waste, A::Variance], Signing::Keepers),
            // Two have counted, and who keeps it cannot hold up the report.
            Self::Loss => settling(&[A::Container, A::Waste, A::Lost], Signing::Nobody),
            Self::EndIncident => settling(&[A::Container, A::Waste, A::Lost], Signing::Keepers),
            Self::Reverse => Nature {
                is_reversible: false,
                ..movement(A::ALL, Signing::EveryKeeper)
            },
        }
    }
}
