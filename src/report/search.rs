//! The one search box: name, alias, pinyin, initials, CAS number, lot, the last digits of a label.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    Page, Query, Scope, path, person_name, product, products::ProductLine, quantity, stock,
};
use crate::{
    domain::{
        container::{Container, Status},
        facts::Facts,
        ids::{Generation, Label, PlaceId, ProductId},
        product::Product,
        quantity::Quantity,
        search::{fold, needles},
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{ContainerRow, ProductRow, StandingRow},
        table::{Cell, select},
    },
};

/// Words that the database is asked for; further ones are looked for in what it found.
const WORDS: usize = 4;
/// Containers shown of one product.
const CONTAINERS: usize = 10;
/// Products or containers that one question to the database may find.
const MOST: i64 = 200;
/// Fewest digits that are taken for the end of a label: two of the serial, generation and check.
const TAIL: std::ops::RangeInclusive<usize> = 6..=16;

/// Asks for what a person typed.
#[derive(Clone, Debug)]
pub struct Search {
    /// As typed.
    pub text: String,
    /// Only behind this product.
    pub after: Option<ProductId>,
    /// Most products.
    pub limit: usize,
}

/// A product that was found, with where its containers are.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The product.
    #[serde(flatten)]
    pub product: ProductLine,
    /// How many of its containers stand in stock.
    pub in_stock: i64,
    /// The containers that were meant, or the first ones of the product.
    pub containers: Vec<FoundContainer>,
}

/// A container and where it is.
#[derive(Clone, Debug, Serialize)]
pub struct FoundContainer {
    /// Its label.
    pub label: Label,
    /// Its state.
    pub status: Status,
    /// What is in it.
    pub amount: Quantity,
    /// 批号.
    pub lot: Option<String>,
    /// 有效期至.
    pub expires_on: Option<NaiveDate>,
    /// Where it stands, or belongs while it is with a person.
    pub place: PlaceId,
    /// The names of that place, from the outside in.
    pub place_path: Vec<String>,
    /// The person it is with.
    pub holder_name: Option<String>,
}

impl Query for Search {
    type Answer = Page<Found>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let typed = fold(&self.text);
        // Containers named by label or lot, by product: they stand before products named by words.
        let mut meant: BTreeMap<ProductId, Vec<Container>> = BTreeMap::new();
        let labelled = by_label(conn, scope, &typed)?;
        for container in labelled.into_iter().chain(by_lot(conn, scope, &typed)?) {
            let list = meant.entry(container.identity.product).or_default();
            if !list.iter().any(|listed| listed.serial == container.serial) {
                list.push(container);
            }
        }
        let mut found: Vec<&Product> = Vec::new();
        for id in meant.keys() {
            found.push(product(facts, *id)?);
        }
        for id in by_words(conn, scope, &self.text)? {
            if !meant.contains_key(&id) {
                found.push(product(facts, id)?);
            }
        }
        found.sort_by_key(|product| {
            let name = fold(&product.name);
            let rank = (
                name != typed,
                !name.starts_with(&typed),
                name.chars().count(),
            );
            (!meant.contains_key(&product.id), rank, product.id)
        });
        let mut in_stock: BTreeMap<ProductId, i64> = BTreeMap::new();
        for (_, product, total) in stock(conn, facts)? {
            *in_stock.entry(product.id).or_default() += total.containers;
        }
        let page = Page::of(
            found,
            |product| product.id,
            self.after.as_ref(),
            self.limit,
            Some(snapshot.as_of_seq),
        );
        let mut items = Vec::with_capacity(page.items.len());
        for product in page.items {
            let is_told = !scope.withholds(&product.classes_on(scope.now.china_day()));
            let containers = match meant.remove(&product.id) {
                _ if !is_told => Vec::new(),
                Some(containers) => containers,
                None => by_product(conn, scope, product.id)?,
            };
            let shown = containers.iter().map(|container| shown(facts, container));
            items.push(Found {
                product: ProductLine::of(product, scope.now),
                in_stock: in_stock.get(&product.id).copied().unwrap_or_default(),
                containers: shown.collect::<Result<_, _>>()?,
            });
        }
        Ok(Page {
            items,
            next: page.next,
            total: page.total,
            as_of_seq: page.as_of_seq,
        })
    }
}

fn shown(facts: &Facts, container: &Container) -> Result<FoundContainer, StoreError> {
    let Container {
        identity, standing, ..
    } = container;
    Ok(FoundContainer {
        label: Label::new(facts.institution, container.serial, standing.generation),
        status: standing.status,
        amount: quantity(identity.dimension, standing.amount)?,
        lot: identity.lot.clone(),
        expires_on: identity.expires_on,
        place: standing.place,
        place_path: path(facts, standing.place),
        holder_name: standing.holder.and_then(|id| person_name(facts, id)),
    })
}

/// The products in whose search column every word is found.
fn by_words(conn: &mut Db, scope: &Scope, text: &str) -> Result<Vec<ProductId>, StoreError> {
    let words = needles(text);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    // A word is one needle or two; what is missing repeats what is there or asks for anything.
    let mut patterns: Vec<String> = Vec::with_capacity(2 * WORDS);
    for word in words.iter().take(WORDS) {
        let first = word
            .first()
            .map_or_else(|| "%".to_owned(), |needle| contains(needle));
        let second = word
            .get(1)
            .map_or_else(|| first.clone(), |needle| contains(needle));
        patterns.extend([first, second]);
    }
    patterns.resize(2 * WORDS, "%".to_owned());
    let institution = scope.institution.get();
    let mut parameters = vec![Cell::Int(&institution)];
    parameters.extend(patterns.iter().map(Cell::Text));
    parameters.push(Cell::Int(&MOST));
    let rows: Vec<ProductRow> = select(
        conn,
        "WHERE institution_id = ? \
         AND (search LIKE ? ESCAPE '!' OR search LIKE ? ESCAPE '!') \
         AND (search LIKE ? ESCAPE '!' OR search LIKE ? ESCAPE '!') \
         AND (search LIKE ? ESCAPE '!' OR search LIKE ? ESCAPE '!') \
         AND (search LIKE ? ESCAPE '!' OR search LIKE ? ESCAPE '!') \
         ORDER BY length(name), product_id LIMIT ?",
        &parameters,
    )?;
    rows.iter()
        .filter(|row| {
            let has = |needle: &String| row.search.contains(needle.as_str());
            words.iter().all(|word| word.iter().any(has))
        })
        .map(|row| rows::number("product", row.product_id))
        .collect()
}

/// The pattern of LIKE for a text that contains the needle.
fn contains(needle: &str) -> String {
    let mut pattern = String::from("%");
    for c in needle.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The containers whose label, of any generation, ends with these digits.
fn by_label(conn: &mut Db, scope: &Scope, typed: &str) -> Result<Vec<Container>, StoreError> {
    let digits = typed.len();
    if !TAIL.contains(&digits) || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Vec::new());
    }
    // Behind the serial stand two digits of generation and two of check.
    let known = typed.get(..digits - 4).unwrap_or_default();
    let known = known.get(known.len().saturating_sub(8)..).unwrap_or(known);
    let low: i64 = known.parse().unwrap_or_default();
    let whole = known.len() == 8;
    let modulus = u32::try_from(known.len()).map_or(i64::MAX, |digits| 10_i64.pow(digits));
    let institution = scope.institution.get();
    let rows: Vec<StandingRow> = if whole {
        let key = [Cell::Int(&institution), Cell::Int(&low)];
        select(conn, "WHERE institution_id = ? AND serial = ?", &key)?
    } else {
        let clause = "WHERE institution_id = ? AND serial % ? = ? ORDER BY serial";
        let key = [
            Cell::Int(&institution),
            Cell::Int(&modulus),
            Cell::Int(&low),
        ];
        select(conn, clause, &key)?
    };
    let mut found = Vec::new();
    for row in rows {
        let serial = rows::number("standing", row.serial)?;
        let ends = (0..=row.generation)
            .filter_map(|generation| Generation::try_from(generation).ok())
            .map(|generation| Label::new(scope.institution, serial, generation).to_string())
            .any(|label| label.ends_with(typed));
        if ends {
            found.extend(lookups::container(conn, scope.institution, serial)?);
        }
        if found.len() == CONTAINERS {
            break;
        }
    }
    Ok(found)
}

/// The containers whose lot begins with what was typed.
fn by_lot(conn: &mut Db, scope: &Scope, typed: &String) -> Result<Vec<Container>, StoreError> {
    if typed.chars().count() < 2 {
        return Ok(Vec::new());
    }
    let end = format!("{typed}\u{10ffff}");
    there(
        conn,
        scope,
        "JOIN standing ON standing.institution_id = container.institution_id \
         AND standing.serial = container.serial WHERE container.institution_id = ? \
         AND container.lot_key >= ? AND container.lot_key < ? \
         AND standing.status NOT IN ('empty', 'void') \
         ORDER BY container.lot_key, container.serial LIMIT ?",
        &[Cell::Text(typed), Cell::Text(&end)],
        MOST,
    )
}

/// The first containers of a product that hold something.
fn by_product(
    conn: &mut Db,
    scope: &Scope,
    product: ProductId,
) -> Result<Vec<Container>, StoreError> {
    there(
        conn,
        scope,
        "JOIN standing ON standing.institution_id = container.institution_id \
         AND standing.serial = container.serial WHERE container.institution_id = ? \
         AND container.product_id = ? AND standing.status NOT IN ('empty', 'void') \
         ORDER BY container.serial LIMIT ?",
        &[Cell::Int(&product.get())],
        i64::try_from(CONTAINERS).unwrap_or(i64::MAX),
    )
}

/// The containers of a clause that begins with the institution and ends with a limit.
fn there(
    conn: &mut Db,
    scope: &Scope,
    clause: &'static str,
    keys: &[Cell<'_>],
    limit: i64,
) -> Result<Vec<Container>, StoreError> {
    let institution = scope.institution.get();
    let mut parameters = vec![Cell::Int(&institution)];
    parameters.extend_from_slice(keys);
    parameters.push(Cell::Int(&limit));
    let mut found = Vec::new();
    for row in select::<ContainerRow>(conn, clause, &parameters)? {
        let serial = rows::number("container", row.serial)?;
        found.extend(lookups::container(conn, scope.institution, serial)?);
    }
    Ok(found)
}
