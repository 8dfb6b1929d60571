//! What is read: stock, containers, the ledger and its proofs, places, the lists, signing requests.

use chrono::NaiveDate;

use super::{Anything, Composition, Paging, PulledState, Receipt, Text, answers, described};
use crate::domain::{
    container::Status,
    ids::{
        Cas, DepartmentId, IncidentId, InstitutionId, Label, PersonId, PlaceId, ProductId,
        RegionCode, RequestId, Seq, Uscc,
    },
    institution::InstitutionKind,
    ledger::{Kind, Part},
    merkle::Hash,
    place::PlaceKind,
    quantity::{Density, Dimension, Quantity},
    request::RequestState,
    substance::{ControlClass, Pictogram},
    time::Time,
};
use crate::report::storage_map::Level;

answers! {
    /// What a product is.
    ProductLine {
        /// Its number.
        product: ProductId,
        /// 品名.
        name: Text,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// The substance of the lists that it was matched with.
        substance: Option<Text>,
        /// What its containers are booked in.
        dimension: Dimension,
        /// g/mL.
        density: Option<Density>,
        /// The control classes today, strictest first.
        classes: Vec<ControlClass>,
    }
    /// Products.
    Products {
        /// By number.
        items: Vec<ProductLine>,
        .. Paging,
    }
    /// What a search found.
    SearchResults {
        /// The products, each with its containers.
        items: Vec<SearchResult>,
        .. Paging,
    }
    /// A product that was found.
    SearchResult {
        /// How many of its containers stand in stock.
        in_stock: i64,
        /// The containers that were meant, or the first ones of the product.
        containers: Vec<FoundContainer>,
        .. ProductLine,
    }
    /// A container and where it is.
    FoundContainer {
        /// Its label.
        label: Label,
        /// Its state.
        status: Status,
        /// What is in it.
        amount: Quantity,
        /// 批号.
        lot: Option<Text>,
        /// 有效期至.
        expires_on: Option<NaiveDate>,
        /// Where it stands, or belongs while it is with a person.
        place: PlaceId,
        /// The names of that place, from the outside in.
        place_path: Vec<Text>,
        /// The person it is with.
        holder_name: Option<Text>,
    }
    /// What a label stands for.
    Container {
        /// Its label.
        label: Label,
        /// What is in it.
        product: ProductId,
        /// 品名.
        name: Text,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// The control classes today, strictest first.
        classes: Vec<ControlClass>,
        /// How many custodians have to sign a movement.
        signatures: usize,
        /// Its state.
        status: Status,
        /// What is in it.
        amount: Quantity,
        /// How much of it signing requests hold back.
        reserved: Quantity,
        /// These requests.
        requests: Vec<RequestId>,
        /// Where it stands, or belongs while it is with a person; null where it is not told (剧毒).
        place: Option<PlaceId>,
        /// The names of that place, from the outside in; none where it is not told.
        place_path: Vec<Text>,
        /// The person it is with.
        holder: Option<PersonId>,
        /// The name of that person.
        holder_name: Option<Text>,
        /// What was taken out of it and is neither used nor back.
        held: Vec<HeldPart>,
        /// 批号.
        lot: Option<Text>,
        /// 生产厂家.
        maker: Option<Text>,
        /// 供货单位.
        supplier: Option<Text>,
        /// 有效期至.
        expires_on: Option<NaiveDate>,
        /// Whether that day has passed.
        expired: bool,
        /// Reference to the safety data sheet.
        sds: Option<Text>,
        /// What the person who asks can do with it next.
        actions: Vec<Text>,
        /// What the person who asks can have done with it through a signing request: fields of its body.
        signed_actions: Vec<Text>,
        /// The container that it was filled from (分装), under the label that it has now.
        filled_from: Option<Label>,
        /// The label that it bore at the institution that sent it here (调拨).
        came_from: Option<Label>,
        /// What it was mixed of here (配制).
        composition: Option<Composition>,
        /// The transfer that it left with.
        transfer: Option<LeftWith>,
        /// The latest entry that touched it.
        last_entry: Seq,
        /// When a stocktake last saw it (盘点).
        verified_at: Option<Time>,
        /// The open incident that it is part of: nothing is taken from it.
        incident: Option<IncidentId>,
    }
    /// How a container left for another institution.
    LeftWith {
        /// The entry that sent it: the number of the transfer.
        entry: Seq,
        /// To whom.
        to: InstitutionId,
        /// The name.
        to_name: Option<Text>,
        /// Since when.
        sent_at: Time,
        /// When it is expected.
        expected_at: Time,
        /// Whether it was refused and is on its way back.
        is_returning: bool,
    }
    /// What a person holds of a container.
    HeldPart {
        /// The entry of the checkout.
        checkout: Seq,
        /// Who.
        holder: PersonId,
        /// The name.
        holder_name: Option<Text>,
        /// How much.
        amount: Quantity,
    }
    /// Whom the asker may read.
    Institutions {
        /// By number.
        items: Vec<InstitutionLine>,
        .. Paging,
    }
    /// An institution, and how far its ledger has come.
    InstitutionLine {
        /// Its number.
        institution: InstitutionId,
        /// Full name.
        name: Text,
        /// 统一社会信用代码.
        uscc: Uscc,
        /// 行政区划代码.
        region: RegionCode,
        /// What kind.
        kind: InstitutionKind,
        /// Entries in its ledger.
        size: u64,
        /// The Merkle root over them.
        root: Hash,
        /// When the last of them was written.
        recorded_at: Time,
        /// How it stands with the heads that the bureau has pulled; null before the first.
        pulled: Option<PulledState>,
    }
    /// What a person holds.
    Holdings {
        /// By container and checkout.
        items: Vec<HoldingLine>,
        .. Paging,
    }
    /// A container, or what was taken out of one.
    HoldingLine {
        /// The container.
        label: Label,
        /// What it is.
        product: ProductId,
        /// 品名.
        name: Text,
        /// How much.
        amount: Quantity,
        /// The entry of the checkout of a part; null when the container itself is with the person.
        checkout: Option<Seq>,
    }
    /// What happened to a container.
    ContainerHistory {
        /// The latest first.
        items: Vec<HistoryLine>,
        .. Paging,
    }
    /// One thing that happened to a container.
    HistoryLine {
        /// The entry.
        seq: Seq,
        /// What kind of act.
        kind: Kind,
        /// When it was written.
        recorded_at: Time,
        /// When it happened, as claimed.
        occurred_at: Time,
        /// Who sent it.
        actor: Text,
        /// What was in the container before; null where it came into the book.
        before: Option<Quantity>,
        /// What was in it after.
        after: Quantity,
        /// Its state after.
        status: Status,
        /// Where it stood after, or belonged.
        place: PlaceId,
        /// The names of that place today, from the outside in.
        place_path: Vec<Text>,
        /// The person it was with after.
        holder: Option<PersonId>,
        /// The name of that person.
        holder_name: Option<Text>,
        /// Why.
        reason: Text,
        /// The entry that reversed it (冲正).
        reversed_by: Option<Seq>,
    }
    /// A part of the ledger.
    Ledger {
        /// The latest first.
        items: Vec<EntryLine>,
        .. Paging,
    }
    /// An entry in a list.
    EntryLine {
        /// Its number.
        seq: Seq,
        /// What kind of act.
        kind: Kind,
        /// When it was written.
        recorded_at: Time,
        /// When it happened, as claimed.
        occurred_at: Time,
        /// Who sent it.
        actor: Text,
        /// Why.
        reason: Text,
        /// How many containers it touches.
        containers: usize,
        /// The leaf hash of its bytes.
        leaf_hash: Hash,
    }
    /// An entry.
    EntryShown {
        /// What it says: the canonical JSON that is hashed.
        record: Anything,
        /// The receipt that its writer got.
        receipt: Receipt,
        /// The entry that reversed it (冲正).
        reversed_by: Option<Seq>,
    }
    /// The proof that an entry is in the log (RFC 6962 section 2.1.1).
    InclusionProof {
        /// Its index in the log.
        leaf_index: u64,
        /// The size of the log that the checkpoint signs.
        tree_size: u64,
        /// The proof.
        hashes: Vec<Hash>,
        /// The signed checkpoint (C2SP).
        checkpoint: Text,
        /// The bytes of the entry, base64.
        entry: Text,
    }
    /// The proof that a log begins with a shorter one (RFC 6962 section 2.1.2).
    ConsistencyProof {
        /// The shorter log, entries.
        from: u64,
        /// The longer log, entries.
        to: u64,
        /// The proof.
        hashes: Vec<Hash>,
        /// The signed checkpoint of the longer log, if that head was signed.
        checkpoint: Option<Text>,
    }
    /// What stands in stock, summed.
    StockSums {
        /// The sums.
        items: Vec<StockLine>,
        .. Paging,
    }
    /// A sum of the stock.
    StockLine {
        /// The number of the place or product, the substance's code (or `product-` and a number), the
        /// class; `none` for what has no class.
        key: Text,
        /// What people call it; for places the names from the outside in, for products name and
        /// qualifier.
        name: Vec<Text>,
        /// The products that are counted.
        products: Vec<ProductId>,
        /// How many containers.
        containers: i64,
        /// How much, one quantity a dimension.
        quantities: Vec<Quantity>,
    }
    /// Emergency releases.
    Releases {
        /// The latest first.
        items: Vec<ReleaseLine>,
        .. Paging,
    }
    /// What went out under one signature.
    ReleaseLine {
        /// Its entry.
        seq: Seq,
        /// When it was recorded.
        released_at: Time,
        /// Until when it has to be countersigned.
        due_at: Time,
        /// Not countersigned in time, whoever signs later.
        late: bool,
        /// When the second person countersigned.
        countersigned_at: Option<Time>,
        /// Who has countersigned.
        countersigners: Vec<NamedPerson>,
        /// Who received and who signed.
        parties: Vec<NamedPerson>,
        /// The containers.
        labels: Vec<Label>,
        /// What went out.
        released: Vec<Released>,
        /// Where from.
        place: PlaceId,
        /// The names of that place, from the outside in.
        place_path: Vec<Text>,
        /// Why it could not wait.
        reason: Text,
        /// What is countersigned.
        payload: Text,
        /// SHA-256 of it, base64.
        payload_hash: Hash,
        /// The same as six groups to compare.
        code: Text,
    }
    /// How much of what went out.
    Released {
        /// 品名.
        name: Text,
        /// How much.
        amount: Quantity,
    }
    /// A person by name.
    NamedPerson {
        /// The number.
        person: PersonId,
        /// The name.
        name: Option<Text>,
    }
    /// Departments.
    Departments {
        /// By number, closed ones as well.
        items: Vec<DepartmentLine>,
        .. Paging,
    }
    /// A department.
    DepartmentLine {
        /// Its number.
        department: DepartmentId,
        /// Its name.
        name: Text,
        /// No longer there.
        closed: bool,
        /// How many people in office work in it.
        people: usize,
    }
    /// Places.
    Places {
        /// Each before those inside it.
        items: Vec<PlaceLine>,
        .. Paging,
    }
    /// A place.
    PlaceLine {
        /// Its number.
        place: PlaceId,
        /// The place it lies in.
        parent: Option<PlaceId>,
        /// How many places it lies in.
        depth: usize,
        /// What kind of place.
        kind: PlaceKind,
        /// The name on the door.
        name: Text,
        /// The control classes that may stand here and below.
        permitted: Vec<ControlClass>,
        /// Degrees, CGCS2000.
        longitude: Option<Text>,
        /// Degrees, CGCS2000.
        latitude: Option<Text>,
        /// The department that answers for it.
        department: Option<DepartmentId>,
        /// No longer in use.
        closed: bool,
    }
    /// Administrative divisions.
    Regions {
        /// By code.
        items: Vec<RegionLine>,
        .. Paging,
    }
    /// A division (行政区划).
    RegionLine {
        /// Its six digits.
        code: RegionCode,
        /// Its own name.
        name: Text,
        /// The name with those of the divisions above it.
        full_name: Text,
        /// `province`, `city` or `county`.
        level: Text,
        /// The division above; null for a province.
        parent: Option<RegionCode>,
    }
    /// Substances of the regulated lists.
    Substances {
        /// The best match first.
        items: Vec<SubstanceLine>,
        .. Paging,
    }
    /// A substance.
    SubstanceLine {
        /// Its code.
        substance: Text,
        /// Its name in the lists.
        name: Text,
        /// Its other names.
        aliases: Vec<Text>,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS numbers.
        cas: Vec<Cas>,
        /// 信号词: `danger` or `warning`.
        signal_word: Option<Text>,
        /// GHS pictograms.
        pictograms: Vec<Pictogram>,
        /// The control classes today.
        classes: Vec<ControlClass>,
    }
    /// A map of one level, as a GeoJSON `FeatureCollection` (RFC 7946).
    StorageMap {
        /// `FeatureCollection`.
        r#type: Text,
        /// The places, regions or institutions.
        features: Vec<MapFeature>,
        /// Whether there were more than 5,000.
        truncated: bool,
        /// The classes whose positions the asker is not told: what has one of them is not counted here.
        withheld: Vec<ControlClass>,
        /// The moment.
        as_of: Time,
        /// The last entry that is counted; absent for a region.
        as_of_seq: Option<Seq>,
        /// Of a bureau: the region.
        region: Option<RegionCode>,
        /// Of a bureau: the heads of all ledgers that were counted in one text, as in the counts.
        heads: Option<Text>,
    }
    /// A place, a region or an institution on the map.
    MapFeature {
        /// `Feature`.
        r#type: Text,
        /// The number of the place or institution, or the code of the region.
        id: PlaceId,
        /// A GeoJSON point; null where nobody knows.
        geometry: Option<Anything>,
        /// What stands in it.
        properties: MapProperties,
    }
    /// What stands in a place of the map.
    MapProperties {
        /// The name on the door, or of the region or institution.
        name: Text,
        /// `region`, `institution`, or what kind of place.
        kind: Level,
        /// The place it lies in, or the code of the region.
        parent: Option<PlaceId>,
        /// Of a region or institution: how many institutions.
        institutions: Option<u32>,
        /// Of a region or institution: the address of the level below it, at the same moment.
        down: Option<Text>,
        /// The names of the place and those around it, from the outside in.
        path: Vec<Text>,
        /// The place whose point is shown: its own or the nearest one around it.
        point_of: Option<PlaceId>,
        /// Whether places or institutions lie in it.
        has_children: bool,
        /// How many containers.
        containers: i64,
        /// How much, one quantity a dimension.
        quantities: Vec<Quantity>,
        /// By control class, strictest first; what has several counts under each.
        classes: Vec<MapClass>,
        /// The strictest class.
        strictest: Option<ControlClass>,
        /// The colour of that class, `#rrggbb`.
        colour: Option<Text>,
        /// When the last stocktake of all of it was closed (盘点).
        verified_at: Option<Time>,
    }
    /// What stands of a class in a place of the map.
    MapClass {
        /// The class.
        class: ControlClass,
        /// How many containers.
        containers: i64,
        /// How much, one quantity a dimension.
        quantities: Vec<Quantity>,
    }
    /// Requests for signatures.
    SigningRequests {
        /// By number.
        items: Vec<SigningRequest>,
        .. Paging,
    }
    /// A request for signatures, as it is to be shown.
    SigningRequest {
        /// Its number.
        request: RequestId,
        /// How it stands.
        state: RequestState,
        /// Who asked.
        applicant: PersonId,
        /// The exact payload, canonical JSON: what is signed.
        payload: Text,
        /// Its hash.
        payload_hash: Hash,
        /// The hash as six groups of digits, to compare on two screens.
        code: Text,
        /// Until when it can be signed.
        expires_at: Time,
        /// The signatures so far.
        signatures: Vec<SignatureLine>,
    }
    /// A signature.
    SignatureLine {
        /// Who.
        person: PersonId,
        /// The name.
        name: Text,
        /// In which part.
        part: Part,
        /// When.
        signed_at: Time,
    }
}
