//! 双本账: each of the custodians of a place keeps a book of their own, written without a look at the ledger or at
//! the other's, and the two are compared every day (RULES D3). The one rule of it: the verb asks it before an
//! entry is made, and `apply` once more of every entry, whoever wrote it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    custody::{Custody, counted_off},
    facts::Facts,
    ids::{Label, PersonId, PlaceId, Seq, Serial},
    ledger::{Prior, Record, Weighing},
    refusal::Refusal,
    time::Time,
    words::words,
};

words! {
    /// How the books of a day stand to each other and to the ledger (核对).
    BookState {
        /// 相符: two custodians, and each has what the ledger said at that moment.
        Agree = "agree" "相符",
        /// 不符: one of them has more or less.
        Differs = "differs" "不符",
        /// 缺一本: only one of them has written.
        OneMissing = "one_missing" "缺一本",
        /// 未登记: nobody has.
        Missing = "none" "未登记",
    }
}

/// What a custodian counted or weighed, for a book of their own (双本账登记). It says how the container stood at
/// that moment, moves nothing, and is no link in the chain of the container's entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookCount {
    /// The place: the containers stand at it or in it.
    pub place: PlaceId,
    /// What was counted, at most 500.
    pub counted: Vec<Entered>,
}

/// A line of a custodian's own book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entered {
    /// Which container.
    pub serial: Serial,
    /// How the ledger has it at that moment.
    pub book: Prior,
    /// What is in it by the count, base units of its dimension.
    #[serde(with = "super::ledger::amount")]
    pub amount: i64,
    /// How that was weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Weighing>,
}

/// Whose line of which container on which day: there is one.
pub type BookKey = (Serial, NaiveDate, PersonId);

/// A line as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// Where the container stood.
    pub place: PlaceId,
    /// What was counted, base units.
    pub amount: i64,
    /// What the ledger said at that moment.
    pub ledger: i64,
    /// Counted less that; what a balance may be off is no difference.
    pub difference: i64,
    /// The entry.
    pub entry: Seq,
    /// When.
    pub at: Time,
}

/// A container of which somebody's book differed from the ledger: until two custodians after that agree with it,
/// or a variance or loss is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The entry of the first book that differed.
    pub since: Seq,
    /// When.
    pub at: Time,
    /// Who has agreed with the ledger since anybody last differed.
    pub agreed: Option<PersonId>,
    /// The entry that settled it.
    pub settled: Option<Seq>,
}

impl BookState {
    /// That of the books of one container and day, by the difference of each.
    #[must_use]
    pub fn of(differences: &[i64]) -> Self {
        match differences {
            [] => Self::Missing,
            all if all.iter().any(|difference| *difference != 0) => Self::Differs,
            [_] => Self::OneMissing,
            [..] => Self::Agree,
        }
    }
}

impl Custody {
    /// What a line of a book does to an open difference.
    fn compare(&mut self, serial: Serial, by: PersonId, booked: &Booked) {
        let open = self.gaps.get(serial).filter(|gap| gap.settled.is_none());
        let gap = match (open.copied(), booked.difference) {
            (None, 0) => return,
            (None, _) => Gap {
                since: booked.entry,
                at: booked.at,
                agreed: None,
                settled: None,
            },
            (Some(gap), 0) => match gap.agreed {
                Some(other) if other != by => Gap {
                    settled: Some(booked.entry),
                    ..gap
                },
                Some(_) | None => Gap {
                    agreed: Some(by),
                    ..gap
                },
            },
            (Some(gap), _) => Gap {
                agreed: None,
                ..gap
            },
        };
        self.gaps.put(serial, gap);
    }

    /// The ledger of a container follows what two have counted in a stocktake.
    pub(super) fn settle(&mut self, serial: Serial, by: Seq) {
        if let Some(gap) = self.gaps.get(serial).filter(|gap| gap.settled.is_none()) {
            let settled = Gap {
                settled: Some(by),
                ..*gap
            };
            self.gaps.put(serial, settled);
        }
    }
}

impl Facts {
    /// What is kept of the lines of a book, in their order, if its writer may write them.
    ///
    /// # Errors
    /// [`Refusal::PlaceUnknown`], [`Refusal::PlaceClosed`], [`Refusal::NotCustodian`], [`Refusal::BookNotHere`],
    /// [`Refusal::AlreadyBooked`], [`Refusal::Inconsistent`].
    pub(super) fn booking(
        &self,
        count: &BookCount,
        by: PersonId,
        entry: Seq,
        now: Time,
    ) -> Result<Vec<(BookKey, Booked)>, Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent {
            what: "book of a custodian",
        };
        let place = self.place(count.place)?.id;
        self.person(by)?;
        if !self.custodians(place, now).contains(&by) {
            return Err(Refusal::NotCustodian { person: by, place });
        }
        let day = now.china_day();
        let mut lines: Vec<(BookKey, Booked)> = Vec::with_capacity(count.counted.len());
        for entered in &count.counted {
            let serial = entered.serial;
            let container = self.stock.containers.get(serial).ok_or(WRONG)?;
            let standing = container.standing;
            let label = Label::new(self.institution, serial, standing.generation);
            let at = standing.stands_at();
            let at = at.filter(|at| self.lies_in(*at, place));
            let at = at.ok_or(Refusal::BookNotHere { label, place })?;
            let is_so =
                (container.last_entry, standing) == (entered.book.entry, entered.book.standing);
            let is_twice = lines.iter().any(|((other, ..), _)| *other == serial);
            if !is_so || is_twice {
                return Err(WRONG);
            }
            let key = (serial, day, by);
            if let Some(before) = self.custody.books.get(key) {
                let at = before.at;
                return Err(Refusal::AlreadyBooked { label, at });
            }
            let weighing = entered.weighing.as_ref();
            let booked = Booked {
                place: at,
                amount: entered.amount,
                ledger: standing.amount,
                difference: counted_off(container, entered.amount, weighing)?,
                entry,
                at: now,
            };
            lines.push((key, booked));
        }
        if lines.is_empty() {
            return Err(Refusal::AmountZero {});
        }
        Ok(lines)
    }

    /// Applies an entry of a custodian's book.
    ///
    /// # Errors
    /// What the verb would have been refused for.
    pub(super) fn book(&mut self, record: &Record, count: &BookCount) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent {
            what: "book of a custodian",
        };
        let by = record.actor.person.ok_or(WRONG)?;
        if !record.containers.is_empty() {
            return Err(WRONG);
        }
        for (key, booked) in self.booking(count, by, record.seq, record.recorded_at)? {
            self.custody.compare(key.0, by, &booked);
            self.custody.books.add(key, booked);
        }
        Ok(())
    }
}
