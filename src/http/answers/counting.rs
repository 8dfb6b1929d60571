//! Stocktakes and incidents.

use chrono::NaiveDate;

use super::{Paging, Text, Written, answers, described};
use crate::domain::{
    container::Status,
    ids::{Cas, IncidentId, Label, PersonId, PlaceId, ProductId, Seq, StocktakeId},
    incident::{Authority, IncidentKind, IncidentResult, IncidentState},
    ledger::Kind,
    quantity::Quantity,
    stocktake::{Amounts, Bucket, StocktakeState},
    substance::ControlClass,
    time::Time,
};

answers! {
    /// A stocktake began.
    StocktakeBegun {
        /// Its number.
        stocktake: StocktakeId,
        /// How many containers stand there.
        expected: u32,
        /// What identifies the list: SHA-256, hex, of their serials in order, a line each.
        expected_sha256: Text,
        /// The seed of the sample; null when everything is counted.
        seed: Option<Text>,
        .. Written,
    }
    /// Stocktakes.
    Stocktakes {
        /// By number.
        items: Vec<StocktakeLine>,
        .. Paging,
    }
    /// A stocktake.
    StocktakeLine {
        /// Its number.
        stocktake: StocktakeId,
        /// Whether it is under way.
        state: StocktakeState,
        /// The place.
        place: PlaceId,
        /// Its names, from the outside in.
        place_path: Vec<Text>,
        /// Of what the amounts are counted.
        amounts: Amounts,
        /// How many are drawn; null when everything is counted.
        sample_size: Option<u32>,
        /// The seed: the sample are the containers whose SHA-256 of `seed:serial` come first.
        seed: Option<Text>,
        /// How many stood there when it began.
        expected: u32,
        /// SHA-256, hex, of their serials in order, a line each.
        expected_sha256: Text,
        /// The entry that began it.
        begun_seq: Seq,
        /// By whom.
        begun_by: PersonId,
        /// The name.
        begun_by_name: Option<Text>,
        /// When.
        begun_at: Time,
        /// When it was closed.
        closed_at: Option<Time>,
        /// The entry that closed it.
        closed_seq: Option<Seq>,
    }
    /// How a stocktake stands.
    StocktakeStatus {
        /// What it comes to so far, by bucket; of a closed one, what it came to.
        counts: StocktakeCounts,
        /// How much of that is left to do.
        open: StocktakeCounts,
        .. StocktakeLine,
    }
    /// Containers and codes by bucket.
    StocktakeCounts {
        /// Expected, or drawn for the sample.
        expected: u32,
        /// Seen where and as the book has them.
        found: u32,
        /// Seen elsewhere.
        misplaced: u32,
        /// With more or less in them.
        difference: u32,
        /// Not seen.
        missing: u32,
        /// Codes that nobody knows.
        unknown: u32,
        /// Issued, moved or used up before anybody came to count them.
        left: u32,
        /// Seen though the book says that they were sent, disposed of or lost; absent where there are none.
        off_book: Option<u32>,
    }
    /// A stocktake was closed.
    StocktakeClosed {
        /// What it came to.
        totals: StocktakeCounts,
        .. Written,
    }
    /// Something was counted.
    CountMade {
        /// In which bucket it is.
        bucket: Bucket,
        /// The container; null for a code that nobody knows.
        label: Option<Label>,
        /// Where the book had it.
        expected_place: Option<PlaceId>,
        /// Whether it stands where it was seen from now on.
        put_here: bool,
        /// What it is; null for a code that nobody knows.
        container: Option<SeenContainer>,
        .. Written,
    }
    /// A container as whoever counts sees it: without amounts.
    SeenContainer {
        /// The label.
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
        /// Its state in the book.
        status: Status,
        /// Where the book has it.
        place: PlaceId,
        /// The names of that place, from the outside in.
        place_path: Vec<Text>,
        /// The person whom the book has it with.
        holder_name: Option<Text>,
        /// 有效期至.
        expires_on: Option<NaiveDate>,
        /// Whether that day has passed.
        expired: bool,
        /// The open incident that it is part of.
        incident: Option<IncidentId>,
    }
    /// What should be there.
    ExpectedList {
        /// By label.
        items: Vec<ExpectedLine>,
        .. Paging,
    }
    /// A container that should be there.
    ExpectedLine {
        /// Where it stood when the stocktake began.
        expected_at: PlaceId,
        /// The names of that place, from the outside in.
        expected_path: Vec<Text>,
        /// Whether it has been counted.
        counted: bool,
        .. SeenContainer,
    }
    /// What was found and what was not.
    Findings {
        /// Containers by label, then codes that nobody knows.
        items: Vec<FindingLine>,
        .. Paging,
    }
    /// A finding.
    FindingLine {
        /// In which bucket it is.
        bucket: Bucket,
        /// Whether something is left to do about it.
        open: bool,
        /// The container.
        container: Option<SeenContainer>,
        /// Or the code that nobody knows.
        code: Option<Text>,
        /// Where it stood when the stocktake began; null when it was not on the list.
        expected_at: Option<PlaceId>,
        /// Where it was seen, or looked for.
        seen_at: Option<PlaceId>,
        /// The names of that place, from the outside in.
        seen_path: Option<Vec<Text>>,
        /// When.
        counted_at: Option<Time>,
        /// By whom.
        counted_by: Option<PersonId>,
        /// The name.
        counted_by_name: Option<Text>,
        /// The entry.
        counted_seq: Option<Seq>,
        /// Whether somebody else counted before, and it did not agree either.
        confirmed: bool,
        /// How much more than in the book; only after the second count.
        surplus: Option<Quantity>,
        /// How much less than in the book; only after the second count.
        shortage: Option<Quantity>,
        /// The entry that settled it or put it right.
        settled_by: Option<Seq>,
    }
    /// What was counted twice was posted.
    VariancePosted {
        /// The containers.
        labels: Vec<Label>,
        /// The incident that it opened; null where it is no suspected loss.
        incident: Option<IncidentId>,
        .. Written,
    }
    /// An incident was reported.
    IncidentOpened {
        /// Its number.
        incident: IncidentId,
        .. Written,
    }
    /// Incidents.
    Incidents {
        /// By number.
        items: Vec<IncidentLine>,
        .. Paging,
    }
    /// An incident.
    IncidentLine {
        /// Its number.
        incident: IncidentId,
        /// What kind it has turned out to be.
        kind: IncidentKind,
        /// Whether it is over.
        state: IncidentState,
        /// What happened.
        what: Text,
        /// Where.
        place: PlaceId,
        /// The names of the place, from the outside in.
        place_path: Vec<Text>,
        /// The containers, under the labels that they have now.
        labels: Vec<Label>,
        /// When it was discovered.
        discovered_at: Time,
        /// When it was reported here.
        opened_at: Time,
        /// By whom.
        opened_by: Option<PersonId>,
        /// The name.
        opened_by_name: Option<Text>,
        /// The entry.
        opened_seq: Seq,
        /// Which authorities are to be told, whatever it turned out to be since.
        duties: Vec<Authority>,
        /// Until when.
        due_at: Time,
        /// Whether that is or was late: for ever.
        overdue: bool,
        /// The first report to each authority.
        reports: Vec<IncidentReport>,
        /// When it ended.
        ended_at: Option<Time>,
        /// How.
        result: Option<IncidentResult>,
    }
    /// A report to an authority.
    IncidentReport {
        /// To whom.
        to: Authority,
        /// When.
        at: Time,
        /// Who took it.
        whom: Text,
        /// 回执编号; left out where there is none.
        receipt: Option<Text>,
        /// When that was recorded here.
        recorded_at: Time,
    }
    /// An incident with its steps.
    WholeIncident {
        /// What was reported, in order.
        steps: Vec<IncidentStep>,
        .. IncidentLine,
    }
    /// An entry about an incident.
    IncidentStep {
        /// The entry.
        seq: Seq,
        /// What kind of entry.
        kind: Kind,
        /// When.
        recorded_at: Time,
        /// By whom.
        actor: Text,
        /// In words.
        text: Text,
    }
}
