//! 保管交接: which places passed from whom to whom.

use serde::Serialize;

use super::{Page, Query, Scope, path, person_name};
use crate::{
    domain::{
        ids::{PersonId, PlaceId, Seq},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        schema::HandoverRow,
        table::{Cell, select},
    },
};

/// Asks for the handovers, the latest first.
#[derive(Clone, Debug)]
pub struct Handovers {
    /// Only of this place and those in it.
    pub place: Option<PlaceId>,
    /// Only before this one.
    pub before: Option<Seq>,
    /// Most items.
    pub limit: usize,
}

/// A handover.
#[derive(Clone, Debug, Serialize)]
pub struct HandoverLine {
    /// The entry: it has every container with what was counted.
    pub entry: Seq,
    /// The place.
    pub place: PlaceId,
    /// Its names, from the outside in.
    pub place_path: Vec<String>,
    /// Who kept it.
    pub from: PersonId,
    /// The name.
    pub from_name: Option<String>,
    /// Who keeps it since.
    pub to: PersonId,
    /// The name.
    pub to_name: Option<String>,
    /// Who counted with them and handed over.
    pub by: PersonId,
    /// The name.
    pub by_name: Option<String>,
    /// Whether whoever kept it was absent.
    pub absent: bool,
    /// How many containers were counted.
    pub counted: u32,
    /// How many whole containers were with persons.
    pub out: u32,
    /// When.
    pub handed_at: Time,
}

impl Query for Handovers {
    type Answer = Page<HandoverLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let inside = self.place.map(|place| facts.place_and_below(place));
        let rows: Vec<HandoverRow> = select(
            conn,
            "WHERE institution_id = ? AND seq < ? ORDER BY seq DESC",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.before.map_or(i64::MAX, Seq::get)),
            ],
        )?;
        let mut items = Vec::new();
        for row in rows {
            let (entry, handed) = row.parse()?;
            if inside
                .as_ref()
                .is_some_and(|inside| !inside.contains(&handed.place))
            {
                continue;
            }
            items.push(HandoverLine {
                entry,
                place: handed.place,
                place_path: path(facts, handed.place),
                from: handed.from,
                from_name: person_name(facts, handed.from),
                to: handed.to,
                to_name: person_name(facts, handed.to),
                by: handed.by,
                by_name: person_name(facts, handed.by),
                absent: handed.by != handed.from,
                counted: handed.counted,
                out: handed.out,
                handed_at: handed.at,
            });
            if items.len() > self.limit {
                break;
            }
        }
        Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            ..Page::begun(items, self.limit, |item| item.entry.to_string())
        })
    }
}
