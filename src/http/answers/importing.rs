//! What is said and answered of imports of opening stock.

use super::{Anything, Text, answers, described};
use crate::domain::{
    ids::{Cas, ImportId, PlaceId, ProductId, RequestId, Seq},
    quantity::Quantity,
    substance::ControlClass,
    time::Time,
};

answers! {
    /// A sheet and what a person decided about it; each part that is JSON is a text.
    ImportSheet {
        /// The file: CSV (UTF-8, GB18030), XLSX or ODS, at most 32 MiB.
        file: Anything,
        /// The sheet of a workbook; the first one with something in it otherwise.
        sheet: Option<Text>,
        /// JSON: field → column from 0.
        mapping: Option<Text>,
        /// JSON: name in the sheet → place.
        places: Option<Text>,
        /// JSON: name in the sheet → product.
        products: Option<Text>,
        /// JSON: name in the sheet → listed substance, by its code or name.
        substances: Option<Text>,
        /// `true`: make places that are not known.
        make_places: Option<Text>,
    }
    /// What a sheet would put into the book. Nothing has changed.
    ImportProposed {
        /// The import, to be accepted by this number.
        import: ImportId,
        /// Always `proposed`.
        state: Text,
        /// The name of the file.
        file: Text,
        /// SHA-256 of the file, hex.
        file_sha256: Text,
        /// The sheet that was read.
        sheet: Text,
        /// Row number of the header, from 1.
        header_row: Option<usize>,
        /// Which column, counted from 0, holds what.
        mapping: Anything,
        /// Rows that hold stock.
        rows: usize,
        /// Containers in them.
        containers: usize,
        /// Whether it can be accepted.
        acceptable: bool,
        /// What is wrong, every cell at once.
        errors: Vec<ImportError>,
        /// What was left out or understood.
        notes: Vec<ImportNote>,
        /// Containers by control class.
        classes: Anything,
        /// What there is of each product, in the order of the sheet.
        products: Vec<ImportProduct>,
        /// What stands at each place, in the order of the sheet.
        places: Vec<ImportPlace>,
        /// Containers that come in under signatures.
        signed: usize,
        /// How many have to accept them.
        acceptors: usize,
    }
    /// One problem in one cell.
    ImportError {
        /// Address in the sheet, as `C12`.
        cell: Text,
        /// The field that the column holds.
        field: Option<Text>,
        /// The stable code.
        code: Text,
        /// `error` keeps the file from being accepted, `warning` does not.
        severity: Text,
        /// What is wrong and what to do, in Chinese.
        detail_zh: Text,
        /// The same in English.
        detail_en: Text,
        /// The text of the cell.
        value: Text,
    }
    /// A remark on a row.
    ImportNote {
        /// Row number, from 1.
        row: usize,
        /// The cell it concerns, when it is one.
        cell: Option<Text>,
        /// The stable code.
        code: Text,
        /// The remark in Chinese.
        detail_zh: Text,
        /// The same in English.
        detail_en: Text,
        /// The text found, or what was made of it.
        value: Text,
    }
    /// What a sheet holds of a product.
    ImportProduct {
        /// The product; absent where it would be made.
        product: Option<ProductId>,
        /// 品名.
        name: Text,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// Its control classes today.
        classes: Vec<ControlClass>,
        /// How many containers.
        containers: usize,
        /// How much in all of them.
        amount: Option<Quantity>,
    }
    /// What a sheet puts at a place.
    ImportPlace {
        /// The place; absent where it would be made.
        place: Option<PlaceId>,
        /// Its path.
        name: Text,
        /// How many containers.
        containers: usize,
    }
    /// How far an import has come.
    ImportState {
        /// Its number.
        import: ImportId,
        /// `proposed`, `importing`, `awaiting_signatures`, `imported`, `undoing` or `undone`.
        state: Text,
        /// The name of the file.
        file: Text,
        /// SHA-256 of the file, hex.
        file_sha256: Text,
        /// The sheet that was read.
        sheet: Text,
        /// Rows that hold stock.
        rows: usize,
        /// Containers in them.
        containers: usize,
        /// Containers in the book by now.
        imported: usize,
        /// Containers that come in under signatures.
        signed: usize,
        /// Errors of the dry run.
        errors: usize,
        /// The entries made.
        entries: Vec<ImportEntry>,
        /// What has to be signed.
        signing_requests: Vec<ImportRequest>,
        /// Entries reversed so far.
        reversed: usize,
        /// Why it does not go on.
        stopped: Option<Text>,
    }
    /// An entry of an import.
    ImportEntry {
        /// The entry.
        seq: Seq,
        /// Containers in it.
        containers: usize,
    }
    /// A signing request of an import.
    ImportRequest {
        /// Its number.
        request: RequestId,
        /// Where it stands.
        state: Text,
        /// Until when it can be signed.
        expires_at: Time,
        /// Containers in it.
        containers: usize,
        /// The entry that came of it.
        entry: Option<Seq>,
    }
}
