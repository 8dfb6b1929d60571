//! Waste containers, what is mixed, and whether it balances.

use super::{
    LedgerHead, Paging, Text, UsageIn, UsageOut, UsagePeriod, Written, answers, described,
};
use crate::{
    domain::{
        ids::{Label, PersonId, PlaceId, ProductId, RegionCode, Seq},
        quantity::{Dimension, Quantity},
        time::Time,
        vessel::{Hazard, VesselKind},
        waste::WasteCode,
    },
    report::waste_containers::VesselState,
};

answers! {
    /// Something was done with a waste container.
    WasteContainerStepped {
        /// Its label.
        label: Label,
        .. Written,
    }
    /// Waste containers.
    WasteContainers {
        /// By number.
        items: Vec<WasteContainerLine>,
        .. Paging,
    }
    /// A waste container.
    WasteContainerLine {
        /// Its label.
        label: Label,
        /// How it stands.
        state: VesselState,
        /// What waste goes into it.
        code: WasteCode,
        /// What it is.
        kind: VesselKind,
        /// Its hazards.
        hazards: Vec<Hazard>,
        /// Where it stands, or stood when it left.
        place: PlaceId,
        /// The names of the place, from the outside in.
        place_path: Vec<Text>,
        /// How much it may hold.
        capacity: Quantity,
        /// How full it is.
        fill: Quantity,
        /// Its weight empty.
        tare: Option<Quantity>,
        /// The entry that registered it.
        registered_seq: Seq,
        /// When it was closed.
        closed_at: Option<Time>,
        /// The entry that disposed of it.
        disposed_seq: Option<Seq>,
    }
    /// A waste container with what went in.
    WasteContainer {
        /// What went in, the oldest first.
        items: Vec<PouredLine>,
        .. Paging,
        .. WasteContainerLine,
    }
    /// What went into a waste container.
    PouredLine {
        /// The entry.
        seq: Seq,
        /// The container that it came from, under the label that it has now.
        label: Label,
        /// What it is.
        product: ProductId,
        /// 品名.
        name: Text,
        /// How much.
        amount: Quantity,
        /// What it takes up, in the measure of the capacity.
        taken_up: Quantity,
        /// Who poured it.
        person: Option<PersonId>,
        /// The name.
        person_name: Option<Text>,
        /// When.
        poured_at: Time,
        /// The entry that took it back.
        reversed_by: Option<Seq>,
    }
    /// What a container was mixed of.
    Composition {
        /// The entry that mixed it.
        entry: Seq,
        /// What went in out of the book.
        components: Vec<ComponentLine>,
        /// What else went in.
        solvent: Option<SolventLine>,
    }
    /// Something that went into a mixture.
    ComponentLine {
        /// What it is.
        product: ProductId,
        /// 品名.
        name: Text,
        /// Concentration or form of what went in.
        qualifier: Option<Text>,
        /// How much went in, into all that was made.
        amount: Quantity,
        /// Its mass; null where no density tells.
        mass: Option<Quantity>,
        /// 质量分数, percent, over everything that went in; null where the mass of something is unknown.
        mass_percent: Option<Text>,
        /// 质量浓度, mg/L, over the volume made; null where that or its own mass is unknown.
        mg_per_l: Option<Text>,
    }
    /// What else went in.
    SolventLine {
        /// What it is.
        name: Text,
        /// How much.
        amount: Quantity,
        /// g/mL.
        density: Option<Text>,
    }
    /// 物料平衡: opening + in − out − closing = missing − surplus.
    MassBalance {
        /// The balances.
        items: Vec<BalanceLine>,
        /// The period.
        period: UsagePeriod,
        /// The ledger at its end; null for a region.
        head: Option<LedgerHead>,
        /// Of a bureau: the region that was summed.
        region: Option<RegionCode>,
        /// How many lines do not balance, on all pages: each is an alert. By container, on this page alone.
        gaps: usize,
        .. Paging,
    }
    /// One balance.
    BalanceLine {
        /// The number of the institution or place, `persons`, the class or `none`, the substance; of a container its
        /// label.
        key: Text,
        /// What people call it, from the outside in.
        name: Vec<Text>,
        /// What is measured.
        dimension: Dimension,
        /// 期初结存, as the containers stood.
        opening: Quantity,
        /// What came, as it was posted. What went from one place or container to another of the same
        /// institution shows by place only.
        r#in: UsageIn,
        /// What went.
        out: UsageOut,
        /// 期末结存, as the containers stood.
        closing: Quantity,
        /// 差额: less there than the postings leave.
        missing: Quantity,
        /// More there than the postings leave.
        surplus: Quantity,
    }
}
