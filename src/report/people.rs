//! 人员 and 任命: who has an account, and what they were appointed to.

use std::str::FromStr;

use serde::Serialize;

use super::{Page, Query, Scope};
use crate::{
    domain::{
        ids::{DepartmentId, PersonId, PlaceId, Seq},
        people::{Person, Role, Tenure, TenureKey},
        time::Time,
    },
    store::{StoreError, conn::Db, lookups},
};

/// Asks for everybody who has or had an account, by number.
#[derive(Clone, Debug)]
pub struct People {
    /// Only behind this person.
    pub after: Option<PersonId>,
    /// Most items.
    pub limit: usize,
}

/// A person.
#[derive(Clone, Debug, Serialize)]
pub struct PersonLine {
    /// Their number.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// 工号.
    pub staff_number: String,
    /// The department they work in.
    pub department: Option<DepartmentId>,
    /// They have left.
    pub closed: bool,
    /// They may not act for the time being.
    pub suspended: bool,
}

impl From<Person> for PersonLine {
    fn from(person: Person) -> Self {
        Self {
            person: person.id,
            name: person.name,
            staff_number: person.staff_number,
            department: person.department,
            closed: person.closed,
            suspended: person.suspended,
        }
    }
}

impl Query for People {
    type Answer = Page<PersonLine>;
    const POINT: bool = true;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let after = self.after.map_or(0, PersonId::get);
        let found = lookups::persons_after(conn, scope.institution, after, one_more(self.limit))?;
        let page = Page::begun(found, self.limit, |person| person.id.to_string());
        Ok(page.map(PersonLine::from))
    }
}

/// Asks for every appointment, ended ones as well, in the order in which they were made.
#[derive(Clone, Debug)]
pub struct Appointments {
    /// Only behind this one.
    pub after: Option<AppointmentKey>,
    /// Most items.
    pub limit: usize,
}

/// The name of an appointment: the entry that made it, and the line in it.
#[derive(Clone, Copy, Debug)]
pub struct AppointmentKey(pub Seq, pub u32);

/// It is no name of an appointment.
#[derive(Clone, Copy, Debug)]
pub struct NoAppointment;

impl FromStr for AppointmentKey {
    type Err = NoAppointment;

    fn from_str(text: &str) -> Result<Self, NoAppointment> {
        let parts = text.split_once('-');
        let key = parts.and_then(|(seq, line)| Some(Self(seq.parse().ok()?, line.parse().ok()?)));
        key.ok_or(NoAppointment)
    }
}

/// An appointment.
#[derive(Clone, Debug, Serialize)]
pub struct AppointmentLine {
    /// Its name.
    pub appointment: String,
    /// Who.
    pub person: PersonId,
    /// To what.
    pub role: Role,
    /// Where.
    pub place: Option<PlaceId>,
    /// From when.
    pub from: Time,
    /// Until when.
    pub until: Option<Time>,
    /// For whom, of a delegation.
    pub stands_in_for: Option<PersonId>,
    /// The entry that ended it.
    pub revoked_by: Option<Seq>,
}

impl From<&(TenureKey, Tenure)> for AppointmentLine {
    fn from(((seq, line), tenure): &(TenureKey, Tenure)) -> Self {
        let appointment = &tenure.appointment;
        Self {
            appointment: format!("{seq}-{line}"),
            person: appointment.person,
            role: appointment.role,
            place: appointment.place,
            from: appointment.from,
            until: appointment.until,
            stands_in_for: appointment.stands_in_for,
            revoked_by: tenure.revoked_by,
        }
    }
}

impl Query for Appointments {
    type Answer = Page<AppointmentLine>;
    const POINT: bool = true;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let after = self.after.map_or((-1, 0), |AppointmentKey(seq, line)| {
            (seq.get(), i64::from(line))
        });
        let found = lookups::tenures_after(conn, scope.institution, after, one_more(self.limit))?;
        let page = Page::begun(found, self.limit, |((seq, line), _)| {
            format!("{seq}-{line}")
        });
        Ok(page.map(|tenure| AppointmentLine::from(&tenure)))
    }
}

/// How many items to read for a page: one more than wanted, which says whether the list goes on.
fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}
