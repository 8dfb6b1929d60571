//! From proposed rows to the commands that put them into the ledger: each row is matched with the
//! places and products of the institution, and asked of the same rule that will post it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{
    CellError, Field, Note, OpeningRow, Proposal, Remark,
    table::column_letters,
    text::{clean, key},
};
use crate::{
    app::App,
    domain::{
        container::Identity,
        facts::Facts,
        ids::{Cas, PlaceId, ProductId},
        opening::{Part, Stock},
        place::{Place, PlaceKind},
        quantity::{Dimension, Quantity},
        refusal::Refusal,
        substance::ControlClass,
        verb::{Context, Lot},
    },
};

/// Containers of one command. The most would be 500; with fewer, other people's commands wait less.
const MOST_OF_PART: u32 = 100;
/// Base units of one command, below what one act may book.
const MOST_BOOKED: i64 = 500_000_000_000_000;

/// What a person decided about a sheet.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Places by the name that the sheet has; the empty name for rows without one.
    pub places: BTreeMap<String, PlaceId>,
    /// Existing products by the name that the sheet has, or by name and qualifier: `硝酸（GR）`.
    pub products: BTreeMap<String, ProductId>,
    /// Substances by the name that the sheet has, where the catalogue has several: the one meant, as
    /// the error names it.
    pub substances: BTreeMap<String, String>,
    /// Whether places that are not known are made.
    pub make_places: bool,
}

/// A sheet as it would come into the book.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// The commands, in order.
    #[serde(skip)]
    pub parts: Vec<Part>,
    /// What is wrong, with what was found before.
    pub errors: Vec<CellError>,
    /// What was left out or understood, with what was found before.
    pub notes: Vec<Note>,
    /// Containers by control class.
    pub classes: BTreeMap<ControlClass, i64>,
    /// What there is of each product, in the order of the sheet.
    pub products: Vec<ProductTotal>,
    /// What stands at each place, in the order of the sheet.
    pub places: Vec<PlaceTotal>,
    /// Containers that come in under signatures.
    pub signed: i64,
    /// How many have to accept them.
    pub acceptors: usize,
}

/// What a sheet holds of a product.
#[derive(Clone, Debug, Serialize)]
pub struct ProductTotal {
    /// The product; absent where it would be made.
    pub product: Option<ProductId>,
    /// 品名.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// Its control classes today.
    pub classes: Vec<ControlClass>,
    /// How many containers.
    pub containers: i64,
    /// How much in all of them; absent where it cannot be summed.
    pub amount: Option<Quantity>,
}

/// What a sheet puts at a place.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceTotal {
    /// The place; absent where it would be made.
    pub place: Option<PlaceId>,
    /// Its path.
    pub name: String,
    /// How many containers.
    pub containers: i64,
}

/// What makes two rows the same product.
type ProductKey = (String, Option<String>, Option<Cas>, Dimension);

/// A place or product of the plan, and where its total stands.
type Matched<T> = Result<(T, usize), Refusal>;

struct Planner<'p> {
    app: &'p App,
    /// The register, with what would be made.
    facts: Facts,
    cx: &'p Context,
    sheet: &'p Proposal,
    choices: &'p Choices,
    /// The places by the last part of their path.
    paths: HashMap<String, Vec<(PlaceId, Vec<String>)>>,
    known: HashMap<ProductKey, ProductId>,
    places: HashMap<String, Matched<PlaceId>>,
    products: HashMap<ProductKey, Matched<ProductId>>,
    made: BTreeSet<PlaceId>,
    stock: Batch,
    signed: Batch,
    plan: Plan,
}

/// The lots of the next command.
#[derive(Default)]
struct Batch {
    rows: Option<(usize, usize)>,
    lots: Vec<Lot>,
    containers: u32,
    booked: i64,
}

/// Plans a sheet over the register as it is now.
#[must_use]
pub fn plan(app: &App, facts: &Facts, cx: &Context, sheet: &Proposal, choices: &Choices) -> Plan {
    let products = facts.register.products.iter().map(|(id, product)| {
        let key = (
            product.name.clone(),
            product.qualifier.clone(),
            product.cas.clone(),
            product.dimension,
        );
        (key, *id)
    });
    let mut planner = Planner {
        app,
        known: products.collect(),
        facts: facts.clone(),
        cx,
        sheet,
        choices,
        paths: HashMap::new(),
        places: HashMap::new(),
        products: HashMap::new(),
        made: BTreeSet::new(),
        stock: Batch::default(),
        signed: Batch::default(),
        plan: Plan {
            errors: sheet.errors.clone(),
            notes: sheet.notes.clone(),
            ..Plan::default()
        },
    };
    let places = facts.register.places.iter();
    for (id, _) in places.filter(|(_, place)| !place.closed) {
        planner.index(*id);
    }
    for row in &sheet.rows {
        planner.row(row);
    }
    let Planner {
        stock,
        signed,
        mut plan,
        ..
    } = planner;
    plan.parts.extend(stock.part().map(Part::Stock));
    plan.parts.extend(signed.part().map(Part::Signed));
    plan
}

impl Planner<'_> {
    fn row(&mut self, row: &OpeningRow) {
        let place = self.place(row.place.as_deref().unwrap_or_default());
        let product = self.product(row);
        for (refused, field) in [
            (place.as_ref().err(), Field::Place),
            (product.as_ref().err(), Field::Name),
        ] {
            if let Some(refusal) = refused {
                let is_unit = matches!(refusal, Refusal::ProductMeasuredOtherwise { .. });
                let field = if is_unit { Field::Spec } else { field };
                self.refuse(refusal, row, field);
            }
        }
        let (Ok((place, at)), Ok((product, of))) = (place, product) else {
            return;
        };
        let lot = Lot {
            identity: Identity {
                product,
                dimension: row.each.dimension(),
                lot: row.lot.clone(),
                maker: row.maker.clone(),
                supplier: row.supplier.clone(),
                expires_on: row.expires_on,
                sds: None,
                tare_ug: None,
                density: None,
                parent: None,
                came_from: None,
                mixed: false,
            },
            count: row.containers,
            each: row.each,
            place,
        };
        if let Err(refusal) = lot.check(&self.facts, self.cx) {
            let amount = matches!(refusal, Refusal::AmountZero {} | Refusal::AmountOverflow {});
            let field = if matches!(refusal, Refusal::ProductDimension { .. }) {
                Field::Spec
            } else if amount {
                Field::Quantity
            } else {
                Field::Place
            };
            self.refuse(&refusal, row, field);
            return;
        }
        self.count(&lot, at, of, row);
        self.batch(&lot, row.row);
    }

    /// Adds the row to the totals, and tells what a person has to know of its product.
    fn count(&mut self, lot: &Lot, at: usize, of: usize, row: &OpeningRow) {
        let containers = i64::from(lot.count);
        if let Some(total) = self.plan.places.get_mut(at) {
            total.containers += containers;
        }
        let Some(total) = self.plan.products.get_mut(of) else {
            return;
        };
        total.containers += containers;
        let (dimension, each) = (lot.each.dimension(), lot.each.amount());
        total.amount = total.amount.and_then(|sum| {
            let amount = each.checked_mul(containers)?.checked_add(sum.amount())?;
            Quantity::new(dimension, amount).ok()
        });
        let classes = total.classes.clone();
        for class in &classes {
            *self.plan.classes.entry(*class).or_default() += containers;
        }
        if classes.contains(&ControlClass::Unidentified) {
            self.note(Remark::Unidentified, row);
        }
        if self.is_signed(lot) {
            self.note(Remark::SignedStock, row);
        }
    }

    fn is_signed(&self, lot: &Lot) -> bool {
        let product = self.facts.register.products.get(lot.identity.product);
        product.is_some_and(|product| {
            let requirement = self.facts.requirement(product, self.cx.now);
            requirement.is_controlled() || requirement.acceptors > 0
        })
    }

    /// Puts the containers into commands.
    fn batch(&mut self, lot: &Lot, row: usize) {
        let is_signed = self.is_signed(lot);
        if is_signed {
            let product = self.facts.register.products.get(lot.identity.product);
            let needed = product.map_or(0, |product| {
                self.facts.requirement(product, self.cx.now).acceptors
            });
            self.plan.acceptors = self.plan.acceptors.max(needed);
            self.plan.signed += i64::from(lot.count);
        }
        let batch = if is_signed {
            &mut self.signed
        } else {
            &mut self.stock
        };
        let mut left = lot.count;
        while left > 0 {
            let fits = batch.fits(lot.each.amount()).min(left);
            if fits == 0 {
                let full = std::mem::take(batch).part();
                let part = full.map(if is_signed { Part::Signed } else { Part::Stock });
                self.plan.parts.extend(part);
                continue;
            }
            left -= fits;
            let count = fits;
            batch.put(
                Lot {
                    count,
                    ..lot.clone()
                },
                row,
            );
        }
    }

    /// The place with this name, and where its total stands.
    fn place(&mut self, name: &str) -> Matched<PlaceId> {
        if let Some(found) = self.places.get(name) {
            return found.clone();
        }
        let found = self.find_place(name).map(|id| {
            let path: Vec<&str> = self.path(id);
            let total = PlaceTotal {
                place: (!self.made.contains(&id)).then_some(id),
                name: path.join("/"),
                containers: 0,
            };
            self.plan.places.push(total);
            (id, self.plan.places.len() - 1)
        });
        self.places.insert(name.to_owned(), found.clone());
        found
    }

    fn find_place(&mut self, name: &str) -> Result<PlaceId, Refusal> {
        if let Some(id) = chosen(&self.choices.places, [Some(name), None]) {
            return self.facts.place(*id).map(|place| place.id);
        }
        if name.is_empty() {
            return Err(Refusal::PlaceNameMissing {});
        }
        let names: Vec<&str> = name
            .split('/')
            .filter(|name| !key(name).is_empty())
            .collect();
        let keys: Vec<String> = names.iter().map(|name| key(name)).collect();
        if let Some(found) = self.lookup(&keys)? {
            return Ok(found);
        }
        if !self.choices.make_places {
            let name = name.to_owned();
            return Err(Refusal::PlaceNameUnknown { name });
        }
        // The wider places that are there stay; what is missing is made inside them.
        let mut parent = None;
        for (depth, name) in names.iter().enumerate() {
            let wider = keys.get(..=depth).unwrap_or_default();
            parent = match self.lookup(wider)? {
                Some(found) => Some(found),
                None => Some(self.make_place(name, depth, parent)?),
            };
        }
        parent.ok_or(Refusal::PlaceNameMissing {})
    }

    /// The one place whose path ends like this, before all others the one whose path is this.
    fn lookup(&self, keys: &[String]) -> Result<Option<PlaceId>, Refusal> {
        let last = keys.last().and_then(|last| self.paths.get(last));
        let alike = last.into_iter().flatten();
        let alike: Vec<_> = alike.filter(|(_, path)| path.ends_with(keys)).collect();
        let mut exact = alike.iter().filter(|(_, path)| path == keys);
        match (exact.next(), alike.as_slice()) {
            (Some((id, _)), _) if exact.next().is_none() => Ok(Some(*id)),
            (_, []) => Ok(None),
            (_, [(id, _)]) => Ok(Some(*id)),
            (_, several) => {
                let shown = several
                    .iter()
                    .map(|(id, _)| format!("{id} {}", self.path(*id).join("/")));
                Err(Refusal::PlaceNameAmbiguous {
                    candidates: shown.collect::<Vec<_>>().join("；"),
                })
            }
        }
    }

    fn make_place(
        &mut self,
        name: &str,
        depth: usize,
        parent: Option<PlaceId>,
    ) -> Result<PlaceId, Refusal> {
        let id = following(self.facts.register.places.last_key().map(PlaceId::get))?;
        let place = Place {
            id,
            parent,
            kind: match depth {
                0 => PlaceKind::Room,
                1 => PlaceKind::Cabinet,
                _ => PlaceKind::Shelf,
            },
            name: clean(name),
            permitted: Vec::new(),
            longitude_udeg: None,
            latitude_udeg: None,
            department: None,
            closed: false,
        };
        self.facts.register.places.put(id, place.clone());
        self.made.insert(id);
        self.index(id);
        self.plan.parts.push(Part::Place(place));
        Ok(id)
    }

    fn index(&mut self, id: PlaceId) {
        let path: Vec<String> = self.path(id).into_iter().map(key).collect();
        if let Some(last) = path.last() {
            self.paths.entry(last.clone()).or_default().push((id, path));
        }
    }

    /// The names of the places around it and its own.
    fn path(&self, id: PlaceId) -> Vec<&str> {
        let inside_out = self.facts.place_and_above(id);
        let mut path: Vec<&str> = inside_out.map(|place| place.name.as_str()).collect();
        path.reverse();
        path
    }

    /// The product of a row, and where its total stands.
    fn product(&mut self, row: &OpeningRow) -> Matched<ProductId> {
        let dimension = row.each.dimension();
        let key = (
            row.name.clone(),
            row.qualifier.clone(),
            row.cas.clone(),
            dimension,
        );
        if let Some(found) = self.products.get(&key) {
            return found.clone();
        }
        let known = self.known.get(&key).copied();
        let found = self.find_product(row, known).map(|(id, is_made)| {
            let product = self.facts.register.products.get(id);
            let total = ProductTotal {
                product: (!is_made).then_some(id),
                name: product.map_or_else(String::new, |product| product.name.clone()),
                qualifier: product.and_then(|product| product.qualifier.clone()),
                cas: product.and_then(|product| product.cas.clone()),
                classes: product.map_or_else(Vec::new, |product| {
                    product.classes_on(self.cx.now.china_day())
                }),
                containers: 0,
                amount: Quantity::new(dimension, 0).ok(),
            };
            self.plan.products.push(total);
            (id, self.plan.products.len() - 1)
        });
        self.products.insert(key, found.clone());
        found
    }

    /// The product chosen, the one that is there, or a new one; and whether it would be made.
    fn find_product(
        &mut self,
        row: &OpeningRow,
        known: Option<ProductId>,
    ) -> Result<(ProductId, bool), Refusal> {
        let full = row
            .qualifier
            .as_ref()
            .map(|qualifier| format!("{}（{qualifier}）", row.name));
        let names = [full.as_deref(), Some(row.name.as_str())];
        if let Some(id) = chosen(&self.choices.products, names) {
            return self.facts.product(*id).map(|product| (product.id, false));
        }
        if let Some(id) = known {
            return Ok((id, false));
        }
        self.is_measured_so(row)?;
        let mut product = self.app.product(
            row.name.clone(),
            row.qualifier.clone(),
            row.cas.clone(),
            row.each.dimension(),
            chosen(&self.choices.substances, names).map(String::as_str),
        )?;
        product.id = following(self.facts.register.products.last_key().map(ProductId::get))?;
        let id = product.id;
        self.facts.register.products.put(id, product.clone());
        self.plan.parts.push(Part::Product(product));
        Ok((id, true))
    }

    /// The same thing in another measure is no other product: a sum over both would be of neither.
    fn is_measured_so(&self, row: &OpeningRow) -> Result<(), Refusal> {
        let wanted = (&row.name, &row.qualifier, &row.cas);
        let mut others = self.facts.register.products.iter();
        let other = others.find(|(_, one)| (&one.name, &one.qualifier, &one.cas) == wanted);
        match other {
            Some((_, other)) => Err(Refusal::ProductMeasuredOtherwise {
                product: other.id,
                name: other.name.clone(),
                measured: other.dimension.name_zh(),
                given: row.each,
            }),
            None => Ok(()),
        }
    }

    fn refuse(&mut self, refusal: &Refusal, row: &OpeningRow, field: Field) {
        let value = if field == Field::Place {
            row.place.clone().unwrap_or_default()
        } else if field == Field::Name {
            row.name.clone()
        } else {
            row.each.to_string()
        };
        let cell = self.cell(row, field);
        self.plan
            .errors
            .push(CellError::refused(refusal, cell, field, value));
    }

    fn note(&mut self, remark: Remark, row: &OpeningRow) {
        let cell = Some(self.cell(row, Field::Name));
        self.plan
            .notes
            .push(Note::new(remark, row.row, cell, &row.name));
    }

    /// The cell of a field, or of the name where the sheet has no such column.
    fn cell(&self, row: &OpeningRow, field: Field) -> String {
        let columns = [field, Field::Room, Field::Name];
        let mut wanted = columns
            .iter()
            .filter(|column| field == Field::Place || **column != Field::Room);
        let column = wanted.find_map(|field| self.sheet.mapping.column(*field));
        format!("{}{}", column_letters(column.unwrap_or(0)), row.row)
    }
}

impl Batch {
    /// How many containers of that content there is room for.
    fn fits(&self, each: i64) -> u32 {
        let by_amount = MOST_BOOKED
            .saturating_sub(self.booked)
            .checked_div(each)
            .and_then(|fits| u32::try_from(fits).ok())
            .unwrap_or(u32::MAX);
        let first = u32::from(self.lots.is_empty());
        MOST_OF_PART
            .saturating_sub(self.containers)
            .min(by_amount.max(first))
    }

    fn put(&mut self, lot: Lot, row: usize) {
        self.containers += lot.count;
        let booked = lot.each.amount().saturating_mul(i64::from(lot.count));
        self.booked = self.booked.saturating_add(booked);
        self.lots.push(lot);
        self.rows = Some((self.rows.map_or(row, |(first, _)| first), row));
    }

    fn part(self) -> Option<Stock> {
        let (rows, lots) = (self.rows?, self.lots);
        Some(Stock { rows, lots })
    }
}

/// What a person chose for the first of these names.
pub(super) fn chosen<'c, T>(
    choices: &'c BTreeMap<String, T>,
    names: [Option<&str>; 2],
) -> Option<&'c T> {
    let mut names = names.into_iter().flatten().map(key);
    names.find_map(|name| {
        let mut written = choices.iter();
        let found = written.find(|(written, _)| key(written) == name);
        found.map(|(_, choice)| choice)
    })
}

/// The number after the last one given, 1 if there is none.
fn following<T: TryFrom<i64>>(last: Option<i64>) -> Result<T, Refusal> {
    let next = last.unwrap_or(0).checked_add(1);
    next.and_then(|next| T::try_from(next).ok())
        .ok_or(Refusal::Inconsistent {
            what: "numbers used up",
        })
}
