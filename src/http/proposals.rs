//! What a signing request is made of: any one of the movements.

use super::{
    acceptances::AcceptanceBody, body::body, checkouts::CheckoutBody, disposals::DisposalBody,
    handovers::HandoverBody, incident_steps::SignedEndingBody, mixes::MixBody, moves::MoveBody,
    receipts::ReceiptBody, reclaims::ReclaimBody, releases::ReleaseBody, returns::ReturnBody,
    reversals::ReversalBody, splits::SplitBody, transfers::TransferBody, uses::UseBody,
    variances::SignedVarianceBody, waste_container_steps::SignedWasteContainerMoveBody,
    wastes::WasteBody,
};
use crate::{app::Principal, domain::request::Proposal};

body! {
    /// What is to be signed for: exactly one of these.
    SigningBody {
        /// A checkout, as for `POST /checkouts`.
        checkout: Option<CheckoutBody>,
        /// A receipt, as for `POST /receipts`.
        receipt: Option<ReceiptBody>,
        /// A move, as for `POST /moves`.
        r#move: Option<MoveBody>,
        /// A use, as for `POST /uses`.
        r#use: Option<UseBody>,
        /// A return, as for `POST /returns`: two custodians take it in (归还双人验收).
        give_back: Option<ReturnBody>,
        /// A split, as for `POST /splits`.
        split: Option<SplitBody>,
        /// A mixture, as for `POST /mixes`.
        mix: Option<MixBody>,
        /// Waste, as for `POST /wastes`.
        waste: Option<WasteBody>,
        /// A disposal, as for `POST /disposals`.
        disposal: Option<DisposalBody>,
        /// A move of a waste container, as for `POST /waste-containers/{label}/moves`.
        waste_container_move: Option<SignedWasteContainerMoveBody>,
        /// A transfer to another institution, as for `POST /transfers`.
        transfer: Option<TransferBody>,
        /// An acceptance, as for `POST /acceptances`.
        acceptance: Option<AcceptanceBody>,
        /// Refused containers that are back, as for `POST /reclaims`.
        reclaim: Option<ReclaimBody>,
        /// What a stocktake found more of, as for `POST /stocktakes/{id}/variances`.
        variance: Option<SignedVarianceBody>,
        /// The end of an incident, as for `POST /incidents/{id}/endings`.
        incident_ending: Option<SignedEndingBody>,
        /// A handover, as for `POST /handovers`.
        handover: Option<HandoverBody>,
        /// A reversal, as for `POST /reversals`.
        reversal: Option<ReversalBody>,
        /// An emergency release: a checkout under one signature, with its reason as the purpose.
        release: Option<ReleaseBody>,
    }
}

impl SigningBody {
    /// The one proposal in it.
    pub(super) fn into_proposal(self, who: &Principal) -> Option<Proposal> {
        let mut given = [
            self.checkout
                .map(|body| Proposal::Checkout(body.into_verb(who))),
            self.receipt.map(|body| Proposal::Receive(body.into_verb())),
            self.r#move.map(|body| Proposal::Move(body.into_verb())),
            self.r#use.map(|body| Proposal::Use(body.into_verb())),
            self.give_back
                .map(|body| Proposal::GiveBack(body.into_verb())),
            self.split.map(|body| Proposal::Split(body.into_verb())),
            self.mix.map(|body| Proposal::Mix(body.into_verb())),
            self.waste.map(|body| Proposal::Waste(body.into_verb())),
            self.disposal
                .map(|body| Proposal::Dispose(body.into_verb())),
            self.waste_container_move
                .map(|body| Proposal::StepVessel(body.into_verb())),
            self.transfer.map(|body| Proposal::Send(body.into_verb())),
            self.acceptance
                .map(|body| Proposal::Accept(body.into_verb())),
            self.reclaim.map(|body| Proposal::Reclaim(body.into_verb())),
            self.variance
                .map(|body| Proposal::Variance(body.into_verb())),
            self.incident_ending
                .map(|body| Proposal::EndIncident(body.into_verb())),
            self.handover
                .map(|body| Proposal::Handover(body.into_verb())),
            self.reversal
                .map(|body| Proposal::Reverse(body.into_verb())),
            self.release
                .map(|body| Proposal::Release(body.into_verb(who))),
        ]
        .into_iter()
        .flatten();
        given.next().filter(|_| given.next().is_none())
    }
}
