//! Stocktakes: rows to domain types and back, loaded for a batch, written after it.

mod alike;

pub(crate) use alike::{alike, strays};

use std::collections::BTreeSet;

use diesel::RunQueryDsl;

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, PlaceId, Seq, Serial, StocktakeId},
    ledger::Entry,
    stocktake::{
        Counted, Done, Running, Sample, Stocktake, StocktakeNeeds, Stray, Takings, Tally, stray_key,
    },
    time::Time,
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    facts::by_keys,
    rows::{self, json, maybe, number, parsed, to_json},
    schema::{ContainerRow, EntryRow, StandingRow, StocktakeRow, StrayRow, TallyRow},
    table::{Both, Cell, insert, select, update},
};

pub(super) fn half(table: &'static str, what: &str) -> StoreError {
    StoreError::Row(table, format!("half {what}"))
}

pub(super) fn done(
    table: &'static str,
    seq: Option<i64>,
    by: Option<i64>,
    at: Option<i64>,
) -> Result<Option<Done>, StoreError> {
    match (seq, by, at) {
        (Some(seq), Some(by), Some(at)) => Ok(Some(Done {
            entry: number(table, seq)?,
            by: number(table, by)?,
            at: Time::from_millis(at),
        })),
        (None, None, None) => Ok(None),
        (Some(_) | None, Some(_) | None, Some(_) | None) => Err(half(table, "an act")),
    }
}

impl StocktakeRow {
    pub(crate) fn of(institution: InstitutionId, running: &Running) -> Result<Self, StoreError> {
        let stocktake = &running.stocktake;
        let sample = stocktake.sample.as_ref();
        let closed = running.closed.as_ref();
        Ok(Self {
            institution_id: institution.get(),
            stocktake_id: stocktake.id.get(),
            place_id: stocktake.place.get(),
            amounts: stocktake.amounts.as_str().to_owned(),
            sample_size: sample.map(|sample| i64::from(sample.size)),
            seed: sample.map(|sample| sample.seed.clone()),
            expected: i64::from(stocktake.expected),
            expected_sha256: stocktake.expected_sha256.clone(),
            begun_seq: running.begun.entry.get(),
            begun_by: running.begun.by.get(),
            begun_at: running.begun.at.millis(),
            closed_seq: closed.map(|(done, _)| done.entry.get()),
            closed_by: closed.map(|(done, _)| done.by.get()),
            closed_at: closed.map(|(done, _)| done.at.millis()),
            totals: closed.map(|(_, totals)| to_json(totals)).transpose()?,
        })
    }

    pub(crate) fn parse(self) -> Result<Running, StoreError> {
        const TABLE: &str = "stocktake";
        let sample = match (self.sample_size, self.seed) {
            (Some(size), Some(seed)) => Some(Sample {
                size: number(TABLE, size)?,
                seed,
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(half(TABLE, "a sample")),
        };
        let closed = done(TABLE, self.closed_seq, self.closed_by, self.closed_at)?;
        let closed = match (closed, self.totals) {
            (Some(done), Some(totals)) => Some((done, json(TABLE, &totals)?)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(half(TABLE, "an end")),
        };
        Ok(Running {
            stocktake: Stocktake {
                id: number(TABLE, self.stocktake_id)?,
                place: number(TABLE, self.place_id)?,
                amounts: parsed(TABLE, &self.amounts)?,
                sample,
                expected: number(TABLE, self.expected)?,
                expected_sha256: self.expected_sha256,
            },
            begun: Done {
                entry: number(TABLE, self.begun_seq)?,
                by: number(TABLE, self.begun_by)?,
                at: Time::from_millis(self.begun_at),
            },
            closed,
        })
    }
}

impl TallyRow {
    pub(crate) fn of(
        institution: InstitutionId,
        key: (StocktakeId, Serial),
        tally: &Tally,
    ) -> Result<Self, StoreError> {
        let count = tally.count.as_ref();
        let flag = |is: fn(&Counted) -> bool| i64::from(count.is_some_and(is));
        Ok(Self {
            institution_id: institution.get(),
            stocktake_id: key.0.get(),
            serial: key.1.get(),
            expected_at: tally.expected_at.map(PlaceId::get),
            counted_seq: count.map(|count| count.done.entry.get()),
            counted_by: count.map(|count| count.done.by.get()),
            counted_at: count.map(|count| count.done.at.millis()),
            counted_place: count.map(|count| count.place.get()),
            absent: flag(|count| count.absent),
            misplaced: flag(|count| count.misplaced),
            difference: count.map_or(0, |count| count.difference),
            confirmed: flag(|count| count.confirmed),
            settled_by: tally.settled.map(Seq::get),
            put_right_by: tally.put_right.map(Seq::get),
            off_book: flag(|count| count.off_book),
            doubted_by: to_json(&tally.doubted_by)?,
        })
    }

    pub(crate) fn parse(self) -> Result<((StocktakeId, Serial), Tally), StoreError> {
        const TABLE: &str = "tally";
        let counted = done(TABLE, self.counted_seq, self.counted_by, self.counted_at)?;
        let count = match (counted, self.counted_place) {
            (Some(done), Some(place)) => Some(Counted {
                done,
                place: number(TABLE, place)?,
                absent: self.absent == 1,
                misplaced: self.misplaced == 1,
                difference: self.difference,
                confirmed: self.confirmed == 1,
                off_book: self.off_book == 1,
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(half(TABLE, "a count")),
        };
        let key = (
            number(TABLE, self.stocktake_id)?,
            number(TABLE, self.serial)?,
        );
        let tally = Tally {
            doubted_by: json(TABLE, &self.doubted_by)?,
            expected_at: maybe(TABLE, self.expected_at)?,
            count,
            settled: maybe(TABLE, self.settled_by)?,
            put_right: maybe(TABLE, self.put_right_by)?,
        };
        Ok((key, tally))
    }
}

impl StrayRow {
    pub(crate) fn of(institution: InstitutionId, stocktake: StocktakeId, stray: &Stray) -> Self {
        Self {
            institution_id: institution.get(),
            stocktake_id: stocktake.get(),
            code: stray.code.clone(),
            seq: stray.done.entry.get(),
            person_id: stray.done.by.get(),
            noted_at: stray.done.at.millis(),
            place_id: stray.place.get(),
            resolved_by: stray.resolved.map(Seq::get),
        }
    }

    pub(crate) fn parse(self) -> Result<(StocktakeId, Stray), StoreError> {
        const TABLE: &str = "stray";
        let stray = Stray {
            code: self.code,
            done: Done {
                entry: number(TABLE, self.seq)?,
                by: number(TABLE, self.person_id)?,
                at: Time::from_millis(self.noted_at),
            },
            place: number(TABLE, self.place_id)?,
            resolved: maybe(TABLE, self.resolved_by)?,
        };
        Ok((number(TABLE, self.stocktake_id)?, stray))
    }
}

/// Loads what the commands name of stocktakes, by keys: what a scan costs does not depend on how much is
/// counted.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let institution = facts.institution;
    let id = institution.get();
    let wanted = &needs.stocktakes;
    let named = wanted.stocktakes.union(&wanted.whole);
    let keys: Vec<i64> = named.map(|stocktake| stocktake.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND stocktake_id = ?",
        "WHERE institution_id = ? AND stocktake_id = ANY(?)",
    );
    for row in by_keys::<StocktakeRow>(conn, institution, &keys, one, many)? {
        let running = row.parse()?;
        let stocktakes = &mut facts.takings.stocktakes;
        stocktakes.load(running.stocktake.id, running);
    }
    for (stocktake, serial) in wanted.tallies.union(&wanted.since) {
        let key = [
            Cell::Int(&id),
            Cell::Int(&stocktake.get()),
            Cell::Int(&serial.get()),
        ];
        let clause = "WHERE institution_id = ? AND stocktake_id = ? AND serial = ?";
        for row in select::<TallyRow>(conn, clause, &key)? {
            let (key, tally) = row.parse()?;
            facts.takings.load_tally(key, tally);
        }
    }
    for (stocktake, code) in &wanted.strays {
        let key = [
            Cell::Int(&id),
            Cell::Int(&stocktake.get()),
            Cell::Text(code),
        ];
        let clause = "WHERE institution_id = ? AND stocktake_id = ? AND code = ?";
        for row in select::<StrayRow>(conn, clause, &key)? {
            let (of, stray) = row.parse()?;
            let key = stray_key(of, &stray.code);
            facts.takings.strays.load(key, stray);
        }
    }
    Ok(())
}

/// Loads the entries that touched containers since they were counted, and whole stocktakes; after the
/// containers that commands name, and after what is held back of them.
pub(super) fn load_wide(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let institution = facts.institution;
    let id = institution.get();
    for (stocktake, serial) in &needs.stocktakes.since {
        let tally = facts.takings.tallies.get((*stocktake, *serial));
        let Some(count) = tally.and_then(|tally| tally.count) else {
            continue;
        };
        let container = facts.stock.containers.get(*serial);
        let mut at = container.map(|container| container.last_entry);
        while let Some(seq) = at.filter(|seq| *seq > count.done.entry) {
            let key = [Cell::Int(&id), Cell::Int(&seq.get())];
            let clause = "WHERE institution_id = ? AND log = 0 AND seq = ?";
            let rows: Vec<EntryRow> = select(conn, clause, &key)?;
            let row = rows.first().ok_or_else(|| half("entry", "a history"))?;
            let entry = Entry::parse(&row.bytes)?;
            facts.takings.note(entry.record());
            at = entry.record().before(*serial).map(|prior| prior.entry);
        }
    }
    for stocktake in &needs.stocktakes.whole {
        let number = stocktake.get();
        let key = [Cell::Int(&id), Cell::Int(&number)];
        let clause = "WHERE institution_id = ? AND stocktake_id = ?";
        for row in select::<TallyRow>(conn, clause, &key)? {
            let (key, tally) = row.parse()?;
            facts.takings.load_tally(key, tally);
        }
        for row in select::<StrayRow>(conn, clause, &key)? {
            let (of, stray) = row.parse()?;
            let key = stray_key(of, &stray.code);
            facts.takings.strays.load(key, stray);
        }
        let counted = "WHERE container.institution_id = ? AND container.serial IN
            (SELECT serial FROM tally WHERE institution_id = ? AND stocktake_id = ?)";
        let key = [Cell::Int(&id), Cell::Int(&id), Cell::Int(&number)];
        for (row, hot) in both(conn, counted, &key)? {
            let container = rows::container(row, &hot)?;
            facts.stock.containers.load(container.serial, container);
        }
    }
    let begins = !needs.stocktakes.beginning.is_empty();
    if needs.stocktakes.open || begins {
        let open = "WHERE institution_id = ? AND closed_seq IS NULL";
        for row in select::<StocktakeRow>(conn, open, &[Cell::Int(&id)])? {
            let running = row.parse()?;
            let stocktakes = &mut facts.takings.stocktakes;
            stocktakes.load(running.stocktake.id, running);
        }
    }
    if begins {
        let key = [Cell::Int(&id)];
        let last = "WHERE institution_id = ? ORDER BY stocktake_id DESC LIMIT 1";
        for row in select::<StocktakeRow>(conn, last, &key)? {
            let running = row.parse()?;
            let stocktakes = &mut facts.takings.stocktakes;
            stocktakes.load(running.stocktake.id, running);
        }
        load_standing(conn, facts, &needs.stocktakes)?;
    }
    Ok(())
}

/// Loads what stands where a stocktake begins, and below.
fn load_standing(
    conn: &mut Db,
    facts: &mut Facts,
    needs: &StocktakeNeeds,
) -> Result<(), StoreError> {
    let id = facts.institution.get();
    let roots = needs.beginning.union(&needs.changing);
    let inside: BTreeSet<PlaceId> = roots
        .flat_map(|root| facts.place_and_below(*root))
        .collect();
    let keys: Vec<i64> = inside.into_iter().map(PlaceId::get).collect();
    // Place by place on PostgreSQL as well: for a list of any length its plans read the whole institution.
    let there = "WHERE standing.institution_id = ? AND standing.place_id = ? \
        AND standing.status IN ('in_stock', 'waste')";
    let mut found = Vec::new();
    for key in &keys {
        found.extend(both(conn, there, &[Cell::Int(&id), Cell::Int(key)])?);
    }
    for (row, hot) in found {
        let container = rows::container(row, &hot)?;
        facts.stock.containers.load(container.serial, container);
    }
    Ok(())
}

/// Containers with how they stand.
pub(crate) fn both(
    conn: &mut Db,
    clause: &'static str,
    key: &[Cell<'_>],
) -> Result<Vec<(ContainerRow, StandingRow)>, StoreError> {
    let rows = Both::<ContainerRow, StandingRow>::new(clause, key);
    Ok(match conn {
        Db::Sqlite(conn) => rows.load(conn)?,
        Db::Postgres(conn) => rows.load(conn)?,
    })
}

/// The rows that a batch adds and changes.
#[derive(Debug, Default)]
pub(super) struct TakingRows {
    stocktakes: (Vec<StocktakeRow>, Vec<StocktakeRow>),
    tallies: (Vec<TallyRow>, Vec<TallyRow>),
    strays: (Vec<StrayRow>, Vec<StrayRow>),
}

impl TakingRows {
    /// Takes everything that changed.
    pub(super) fn take(
        &mut self,
        id: InstitutionId,
        takings: &mut Takings,
    ) -> Result<(), StoreError> {
        for (_, running) in takings.stocktakes.take_added() {
            self.stocktakes.0.push(StocktakeRow::of(id, running)?);
        }
        for (_, running) in takings.stocktakes.take_changed() {
            self.stocktakes.1.push(StocktakeRow::of(id, running)?);
        }
        for (key, tally) in takings.tallies.take_added() {
            self.tallies.0.push(TallyRow::of(id, key, tally)?);
        }
        for (key, tally) in takings.tallies.take_changed() {
            self.tallies.1.push(TallyRow::of(id, key, tally)?);
        }
        for ((stocktake, _), stray) in takings.strays.take_added() {
            self.strays.0.push(StrayRow::of(id, stocktake, stray));
        }
        for ((stocktake, _), stray) in takings.strays.take_changed() {
            self.strays.1.push(StrayRow::of(id, stocktake, stray));
        }
        Ok(())
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.stocktakes.0)?;
        update(conn, &self.stocktakes.1)?;
        insert(conn, &self.tallies.0)?;
        update(conn, &self.tallies.1)?;
        insert(conn, &self.strays.0)?;
        update(conn, &self.strays.1)?;
        Ok(())
    }
}
