//! 领用在手: what a person has and has neither used nor given back; nobody leaves with any of it.

use std::{fmt, str::FromStr};

use serde::Serialize;

use super::{Page, Query, Scope, product, quantity};
use crate::{
    domain::{
        ids::{IdError, Label, PersonId, ProductId, Seq},
        quantity::Quantity,
        refusal::Refusal,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{HoldingRow, StandingRow},
        table::{Cell, select},
    },
};

/// Asks for what a person holds.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// Who.
    pub person: PersonId,
    /// Only behind this line.
    pub after: Option<HoldingKey>,
    /// Most lines.
    pub limit: usize,
}

/// Where a line stands: the container, and the checkout of what was taken out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HoldingKey(Label, Option<Seq>);

impl fmt::Display for HoldingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(checkout) => write!(f, "{}-{checkout}", self.0),
            None => write!(f, "{}-", self.0),
        }
    }
}

impl FromStr for HoldingKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (label, checkout) = text.split_once('-').unwrap_or((text, ""));
        let checkout = (!checkout.is_empty()).then(|| checkout.parse());
        Ok(Self(label.parse()?, checkout.transpose()?))
    }
}

/// A container, or what was taken out of one.
#[derive(Clone, Debug, Serialize)]
pub struct HoldingLine {
    /// The container.
    pub label: Label,
    /// What it is.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// How much.
    pub amount: Quantity,
    /// The entry of the checkout of a part; none when the container itself is with the person.
    pub checkout: Option<Seq>,
}

impl Query for Holdings {
    type Answer = Result<Page<HoldingLine>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let person = self.person;
        if facts.register.persons.get(person).is_none() {
            return Ok(Err(Refusal::PersonUnknown { person }));
        }
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&person.get()),
        ];
        let with_them = "WHERE institution_id = ? AND holder_id = ?";
        let whole: Vec<StandingRow> = select(conn, with_them, &key)?;
        let open = "WHERE institution_id = ? AND holder_id = ? AND amount > 0";
        let parts: Vec<HoldingRow> = select(conn, open, &key)?;
        let parts = parts.into_iter().map(HoldingRow::parse);
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let own = whole.iter().map(|row| rows::number("standing", row.serial));
        let mut held: Vec<_> = own
            .map(|serial| Ok((serial?, None)))
            .collect::<Result<_, StoreError>>()?;
        held.extend(
            parts
                .iter()
                .map(|((checkout, serial), part)| (*serial, Some((*checkout, part)))),
        );
        let serials = held.iter().map(|(serial, _)| serial.get()).collect();
        let containers = lookups::containers(conn, scope.institution, &serials)?;
        let mut lines = Vec::new();
        for (serial, part) in held {
            let container = containers
                .binary_search_by_key(&serial, |one| one.serial)
                .ok()
                .and_then(|index| containers.get(index))
                .ok_or_else(|| StoreError::Row("holding", format!("no container {serial}")))?;
            let identity = &container.identity;
            let amount = part.map_or(container.standing.amount, |(_, part)| part.amount);
            lines.push(HoldingLine {
                label: Label::new(scope.institution, serial, container.standing.generation),
                product: identity.product,
                name: product(facts, identity.product)?.name.clone(),
                amount: quantity(identity.dimension, amount)?,
                checkout: part.map(|(checkout, _)| checkout),
            });
        }
        lines.sort_unstable_by_key(HoldingLine::key);
        let as_of_seq = Some(snapshot.as_of_seq);
        let key = HoldingLine::key;
        Ok(Ok(Page::of(
            lines,
            key,
            self.after.as_ref(),
            self.limit,
            as_of_seq,
        )))
    }
}

impl HoldingLine {
    const fn key(&self) -> HoldingKey {
        HoldingKey(self.label, self.checkout)
    }
}
