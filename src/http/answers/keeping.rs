//! Handovers and the books of custodians.

use super::{Paging, Text, answers, described};
use crate::domain::{
    books::BookState,
    ids::{Label, PersonId, PlaceId, ProductId, Seq},
    quantity::Quantity,
    time::Time,
};

answers! {
    /// Handovers.
    Handovers {
        /// The latest first.
        items: Vec<HandoverLine>,
        .. Paging,
    }
    /// A handover.
    HandoverLine {
        /// The entry: it has every container with what was counted.
        entry: Seq,
        /// The place.
        place: PlaceId,
        /// Its names, from the outside in.
        place_path: Vec<Text>,
        /// Who kept it.
        from: PersonId,
        /// The name.
        from_name: Option<Text>,
        /// Who keeps it since.
        to: PersonId,
        /// The name.
        to_name: Option<Text>,
        /// Who counted with them and handed over.
        by: PersonId,
        /// The name.
        by_name: Option<Text>,
        /// Whether whoever kept it was absent.
        absent: bool,
        /// How many containers were counted.
        counted: u32,
        /// How many whole containers were with persons.
        out: u32,
        /// When.
        handed_at: Time,
    }
    /// A place that must be handed over before its custodian leaves.
    KeptPlace {
        /// The place.
        place: PlaceId,
        /// Its names, from the outside in.
        place_path: Vec<Text>,
        /// How many containers belong to it of which that is asked: in stock, out, or waste; null for who has not
        /// to know where they stand.
        containers: Option<i64>,
    }
    /// The books of a day.
    Books {
        /// By container.
        items: Vec<BookLine>,
        .. Paging,
    }
    /// A container and its books.
    BookLine {
        /// The label.
        label: Label,
        /// What is in it.
        product: ProductId,
        /// 品名.
        name: Text,
        /// Where it stood when it was counted, or stands.
        place: PlaceId,
        /// The names of that place, from the outside in.
        place_path: Vec<Text>,
        /// How the books of the day stand.
        state: BookState,
        /// The books, by person.
        books: Vec<BookEntry>,
        /// Since when a difference is open; null when none is, and where it began today for who has not written yet.
        differs_since: Option<Time>,
        /// The entry of the book that differed first.
        differs_entry: Option<Seq>,
    }
    /// A line of somebody's book.
    BookEntry {
        /// Whose book.
        person: PersonId,
        /// The name.
        person_name: Option<Text>,
        /// What they counted; null for who has not written their own yet.
        amount: Option<Quantity>,
        /// What the ledger said at that moment.
        ledger: Option<Quantity>,
        /// How much more they counted.
        surplus: Option<Quantity>,
        /// How much less they counted.
        shortage: Option<Quantity>,
        /// When.
        counted_at: Time,
        /// The entry; null for who has not written their own yet.
        entry: Option<Seq>,
    }
    /// Places of whose stock two books are asked.
    BookPlaces {
        /// By number.
        items: Vec<BookPlace>,
        .. Paging,
    }
    /// How a place stands today.
    BookPlace {
        /// The place.
        place: PlaceId,
        /// Its names, from the outside in.
        place_path: Vec<Text>,
        /// Of how many containers two books are asked.
        asked: u32,
        /// Two books agree with the ledger.
        agree: u32,
        /// A book differs.
        differs: u32,
        /// Only one has been written.
        one_missing: u32,
        /// None has been written.
        none: u32,
        /// Differences, of any day, that are not settled.
        open: u32,
        /// Whether something has no two books yet today.
        behind: bool,
    }
}
