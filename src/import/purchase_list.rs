//! A purchase list (采购清单) as purchase requests (购买申请): each row is matched with a product and a department of
//! the institution, and asked of the same rule that will make the request. What is asked for is never made a
//! product by the way: what nobody has entered or measures otherwise is an error of its own.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::json;

use super::{
    CellError, Field, Limits, Mapping, Note, Problem, Proposal, PurchaseRow, Severity, Table,
    UploadError, propose_purchases, read, table::column_letters, text::key,
};
use crate::{
    app::{App, Principal},
    domain::{
        canonical::sha256,
        facts::Facts,
        ids::{Cas, DepartmentId, ProductId},
        product::Product,
        quantity::Quantity,
        refusal::Refusal,
        substance::ControlClass,
        verb::{Context, SetRequisition, Verb},
    },
};

/// Most rows of one list: each is decided on by a person.
const MOST_LINES: usize = 500;

/// What a person decided about a list.
#[derive(Clone, Debug, Default)]
pub struct PurchaseChoices {
    /// Products by the name that the sheet has, or by name and qualifier: `硝酸（GR）`.
    pub products: BTreeMap<String, ProductId>,
    /// The department of rows that name none; the applicant's if absent.
    pub department: Option<DepartmentId>,
    /// The purpose of rows that name none.
    pub purpose: Option<String>,
}

/// A file with what a person decided about it.
#[derive(Clone, Debug, Default)]
pub struct PurchaseUpload {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// The sheet to read; the first with something in it otherwise.
    pub sheet: Option<String>,
    /// Columns that are assigned.
    pub mapping: Option<Mapping>,
    /// Products, department and purpose.
    pub choices: PurchaseChoices,
}

/// What a row would ask for.
#[derive(Clone, Debug, Serialize)]
pub struct PurchaseLine {
    /// Row number in the sheet, from 1.
    pub row: usize,
    /// The product.
    pub product: ProductId,
    /// Its name in the register.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// Its control classes today.
    pub classes: Vec<ControlClass>,
    /// How much.
    pub quantity: Quantity,
    /// For which department; none: the applicant's.
    pub department: Option<DepartmentId>,
    /// What for.
    pub purpose: String,
}

impl PurchaseLine {
    /// The verb that makes the request.
    #[must_use]
    pub fn verb(&self) -> SetRequisition {
        SetRequisition {
            id: None,
            department: self.department,
            product: self.product,
            quantity: self.quantity,
            purpose: self.purpose.clone(),
            withdrawn: false,
        }
    }
}

/// What a list would ask for.
#[derive(Clone, Debug, Serialize)]
pub struct PurchaseList {
    /// The name of the file.
    pub file: String,
    /// The sheet that was read.
    pub sheet: String,
    /// Row number of the header.
    pub header_row: Option<usize>,
    /// Which column, counted from 0, holds what.
    pub mapping: Mapping,
    /// Whether it can be accepted.
    pub acceptable: bool,
    /// By which it is accepted: the SHA-256 of what its lines ask for, hex.
    pub list_sha256: String,
    /// One request each.
    pub lines: Vec<PurchaseLine>,
    /// What is wrong, every cell at once.
    pub errors: Vec<CellError>,
    /// What was left out or understood.
    pub notes: Vec<Note>,
}

/// Reads a list and tells what it would ask for; nothing is in the book.
///
/// # Errors
/// [`UploadError`], [`Refusal::PurchaseListTooLong`].
pub async fn purchase_list(
    app: &App,
    who: &Principal,
    upload: PurchaseUpload,
) -> Result<PurchaseList, UploadError> {
    let PurchaseUpload {
        name,
        bytes,
        sheet,
        mapping,
        mut choices,
    } = upload;
    let understood = super::dry_run::alone(move || {
        let table = read(sheet.as_deref(), &bytes, Limits::default())?;
        let proposal = propose_purchases(&table, mapping.as_ref());
        let Table { sheet, .. } = table;
        Ok((sheet, proposal))
    });
    let (sheet, proposal) = understood.await?;
    if proposal.rows.len() > MOST_LINES {
        return Err(app_error(Refusal::PurchaseListTooLong { most: MOST_LINES }));
    }
    let facts = app.register(who).await?;
    let cx = app.context(who);
    // Said outright: somebody who is moved in the meantime is not to ask for another department than was shown.
    let applicant = facts.register.persons.get(who.person);
    let own = applicant.and_then(|person| person.department);
    choices.department = choices.department.or(own);
    let mut list = PurchaseList {
        file: super::dry_run::short(&name),
        sheet,
        header_row: proposal.header_row,
        mapping: proposal.mapping.clone(),
        acceptable: false,
        list_sha256: String::new(),
        lines: Vec::new(),
        errors: proposal.errors.clone(),
        notes: proposal.notes.clone(),
    };
    let mut matching = Matching {
        facts: &facts,
        cx: &cx,
        sheet: &proposal,
        choices: &choices,
        asked: HashMap::new(),
    };
    for row in &proposal.rows {
        match matching.line(row) {
            Ok(line) => list.lines.push(line),
            Err(error) => list.errors.push(error),
        }
    }
    let is_wrong = |error: &CellError| error.severity == Severity::Error;
    list.acceptable = !list.lines.is_empty() && !list.errors.iter().any(is_wrong);
    list.list_sha256 = digest(&list.lines);
    Ok(list)
}

fn app_error(refusal: Refusal) -> UploadError {
    UploadError::App(refusal.into())
}

/// Of what lines ask for, whatever the file looks like.
fn digest(lines: &[PurchaseLine]) -> String {
    let asked = lines.iter().map(|line| {
        json!([
            line.row,
            line.product,
            line.quantity,
            line.department,
            line.purpose
        ])
    });
    let asked: Vec<_> = asked.collect();
    sha256(json!(asked).to_string().as_bytes()).to_hex()
}

/// Which row asked for a product before: for the same department and purpose.
type Asked = HashMap<(ProductId, Option<DepartmentId>, String), usize>;

struct Matching<'l> {
    facts: &'l Facts,
    cx: &'l Context,
    sheet: &'l Proposal<PurchaseRow>,
    choices: &'l PurchaseChoices,
    asked: Asked,
}

impl Matching<'_> {
    fn line(&mut self, row: &PurchaseRow) -> Result<PurchaseLine, CellError> {
        let refused = |refusal: &Refusal, field: Field, value: &str| {
            CellError::refused(refusal, self.cell(row, field), field, value.to_owned())
        };
        let product = self.product(row);
        let product = product.map_err(|refusal| refused(&refusal, Field::Name, &row.name))?;
        if product.dimension != row.quantity.dimension() {
            let refusal = Refusal::ProductMeasuredOtherwise {
                product: product.id,
                name: product.name.clone(),
                measured: product.dimension.name_zh(),
                given: row.quantity,
            };
            let field = row.measured;
            return Err(refused(&refusal, field, &row.quantity.to_string()));
        }
        let department = self.department(row).map_err(|refusal| {
            let written = row.department.as_deref().unwrap_or_default();
            refused(&refusal, Field::Department, written)
        })?;
        let purpose = row.purpose.as_ref().or(self.choices.purpose.as_ref());
        let Some(purpose) = purpose else {
            let at = self.cell(row, Field::Purpose);
            return Err(CellError::new(
                Problem::PurposeMissing,
                at,
                Some(Field::Purpose),
                "",
            ));
        };
        let line = PurchaseLine {
            row: row.row,
            product: product.id,
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            classes: product.classes_on(self.cx.now.china_day()),
            quantity: row.quantity,
            department,
            purpose: purpose.clone(),
        };
        let decided = line.verb().decide(self.facts, self.cx);
        decided.map_err(|refusal| refused(&refusal, Field::Quantity, &row.quantity.to_string()))?;
        let asked = (line.product, line.department, line.purpose.clone());
        let first = *self.asked.entry(asked).or_insert(row.row);
        if first != row.row {
            return Err(CellError::new(
                Problem::AskedTwice(first),
                self.cell(row, Field::Name),
                Some(Field::Name),
                &row.name,
            ));
        }
        Ok(line)
    }

    /// The product chosen, or the one that the row can mean.
    fn product(&self, row: &PurchaseRow) -> Result<&Product, Refusal> {
        let written = row.qualifier.as_ref();
        let full = written.map(|qualifier| format!("{}（{qualifier}）", row.name));
        let names = [full.as_deref(), Some(row.name.as_str())];
        if let Some(id) = super::plan::chosen(&self.choices.products, names) {
            return self.facts.product(*id);
        }
        let name = key(&row.name);
        let is_called = |product: &Product| {
            key(&product.name) == name || product.aliases.iter().any(|alias| key(alias) == name)
        };
        let fits = |product: &Product| {
            let is_other = row.cas.is_some() && product.cas.is_some() && row.cas != product.cas;
            let is_qualified = written.is_none_or(|written| {
                let own = product.qualifier.as_deref();
                own.is_some_and(|own| key(own) == key(written))
            });
            is_called(product) && !is_other && is_qualified
        };
        let products = self.facts.register.products.iter();
        let found: Vec<&Product> = products
            .map(|(_, product)| product)
            .filter(|one| fits(one))
            .collect();
        // Of several that are called so, those that are measured so, then those without a qualifier.
        let measured = |product: &&&Product| product.dimension == row.quantity.dimension();
        let alike: Vec<&Product> = found.iter().filter(measured).copied().collect();
        let alike = if alike.is_empty() { found } else { alike };
        let mut plain = alike.iter().filter(|one| one.qualifier == row.qualifier);
        match (alike.as_slice(), plain.next(), plain.next()) {
            ([], ..) => Err(Refusal::ProductNameUnknown {
                name: row.name.clone(),
            }),
            ([one], ..) | (_, Some(one), None) => Ok(one),
            (several, ..) => {
                let shown = several.iter().map(|product| {
                    let qualifier = product.qualifier.as_deref().unwrap_or("—");
                    format!("{} {}（{qualifier}）", product.id, product.name)
                });
                Err(Refusal::ProductNameAmbiguous {
                    candidates: shown.collect::<Vec<_>>().join("；"),
                })
            }
        }
    }

    fn department(&self, row: &PurchaseRow) -> Result<Option<DepartmentId>, Refusal> {
        let Some(written) = &row.department else {
            return Ok(self.choices.department);
        };
        let mut open = self.facts.register.departments.iter();
        let found = open.find(|(_, one)| !one.closed && key(&one.name) == key(written));
        let none = || Refusal::DepartmentNameUnknown {
            name: written.clone(),
        };
        Ok(Some(found.ok_or_else(none)?.1.id))
    }

    /// The cell of a field, or of the name where the sheet has no such column.
    fn cell(&self, row: &PurchaseRow, field: Field) -> String {
        let mut columns = [field, Field::Name].into_iter();
        let column = columns.find_map(|field| self.sheet.mapping.column(field));
        format!("{}{}", column_letters(column.unwrap_or(0)), row.row)
    }
}
