//! Who is there, who may do what and since when: the rules, and how they are invented.

use std::collections::BTreeSet;

use hazledger::domain::ids::{DepartmentId, PersonId, PlaceId};
use hazledger::domain::people::{Appointment, Person, Role};
use hazledger::domain::time::Time;
use hazledger::domain::verb::{
    Appoint, Assign, Delegate, Enrol, HandOutCode, Leave, Revoke, Second, SetBadge, SetDepartment,
    Suspend, Unlock, Verb,
};

use super::act::Sent;
use super::reference::{Done, Hospital, Reasons, unless};

const DAY: i64 = 24 * 3_600_000;

/// What an administrator asks.
#[derive(Clone, Debug)]
pub enum StaffAct {
    Enrol(Enrol),
    Appoint(Appoint),
    Delegate(Delegate),
    Revoke(Revoke),
    Leave(Leave),
    Suspend(Suspend),
    Department(SetDepartment),
    Assign(Assign),
    Badge(SetBadge),
    Code(HandOutCode),
    Unlock(Unlock),
}

impl StaffAct {
    pub fn verb(self) -> Box<dyn Verb> {
        match self {
            Self::Enrol(verb) => Box::new(verb),
            Self::Appoint(verb) => Box::new(verb),
            Self::Delegate(verb) => Box::new(verb),
            Self::Revoke(verb) => Box::new(verb),
            Self::Leave(verb) => Box::new(verb),
            Self::Suspend(verb) => Box::new(verb),
            Self::Department(verb) => Box::new(verb),
            Self::Assign(verb) => Box::new(verb),
            Self::Badge(verb) => Box::new(verb),
            Self::Code(verb) => Box::new(verb),
            Self::Unlock(verb) => Box::new(verb),
        }
    }
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Colleague {
    pub staff_number: String,
    pub identity: String,
    pub department: Option<i64>,
    pub closed: bool,
    pub suspended: bool,
}

/// An appointment, and what became of it.
#[derive(Clone, Debug)]
pub struct Tenure {
    pub entry: u64,
    pub line: u32,
    pub person: i64,
    pub role: Role,
    pub place: Option<i64>,
    pub from: i64,
    pub until: Option<i64>,
    pub stands_in_for: Option<i64>,
    pub revoked: Option<u64>,
}

impl Tenure {
    pub fn of(appointment: &Appointment, entry: u64, line: u32) -> Self {
        Self {
            entry,
            line,
            person: appointment.person.get(),
            role: appointment.role,
            place: appointment.place.map(PlaceId::get),
            from: appointment.from.millis(),
            until: appointment.until.map(Time::millis),
            stands_in_for: appointment.stands_in_for.map(PersonId::get),
            revoked: None,
        }
    }

    pub fn holds(&self, now: i64) -> bool {
        self.revoked.is_none() && self.from <= now && self.until.is_none_or(|end| now < end)
    }

    /// Whether it holds at some moment of a time.
    fn meets(&self, from: i64, until: Option<i64>) -> bool {
        self.revoked.is_none()
            && until.is_none_or(|end| self.from < end)
            && self.until.is_none_or(|end| from < end)
    }
}

/// Who may confirm what others do.
const fn confirms(role: Role) -> bool {
    matches!(
        role,
        Role::Head | Role::Equipment | Role::Safety | Role::Administrator
    )
}

/// Whether one person may be both (三员分立).
fn go_together(one: Role, other: Role) -> bool {
    let alone = [Role::Administrator, Role::Auditor, Role::Bureau];
    one == other || !(alone.contains(&one) || alone.contains(&other))
}

impl Hospital {
    /// Makes up the roles that people have at this moment.
    pub fn refresh(&mut self, now: i64) {
        self.now = now;
        let roles = self.colleagues.iter().map(|(id, colleague)| {
            let held = self
                .tenures
                .iter()
                .filter(|tenure| tenure.person == *id && !colleague.suspended && tenure.holds(now));
            (*id, held.map(|held| (held.role, held.place)).collect())
        });
        self.people = roles.collect();
    }

    pub fn comes(&mut self, person: &Person) {
        let colleague = Colleague {
            staff_number: person.staff_number.clone(),
            identity: person.identity.clone(),
            department: person.department.map(DepartmentId::get),
            closed: false,
            suspended: false,
        };
        self.colleagues.insert(person.id.get(), colleague);
    }

    /// Whether there is such an account; blocked or not.
    pub fn has_account(&self, person: i64, no: &mut Reasons) -> bool {
        match self.colleagues.get(&person) {
            None => no.insert("person_unknown"),
            Some(one) if one.closed => no.insert("person_left"),
            Some(_) => return true,
        };
        false
    }

    pub fn in_office(&self, person: i64, no: &mut Reasons) -> bool {
        let is_there = self.has_account(person, no);
        if is_there && self.colleagues[&person].suspended {
            no.insert("person_suspended");
        }
        is_there && !self.colleagues[&person].suspended
    }

    /// Those who are custodians there in their own right, blocked or not.
    pub fn keepers(&self, around: &[i64]) -> BTreeSet<i64> {
        let own = self.tenures.iter().filter(|tenure| {
            tenure.role == Role::Custodian
                && tenure.stands_in_for.is_none()
                && tenure.holds(self.now)
                && tenure.place.is_some_and(|at| around.contains(&at))
        });
        own.map(|tenure| tenure.person).collect()
    }

    /// Those who do a custodian's work there at this moment.
    pub fn custodians(&self, around: &[i64]) -> BTreeSet<i64> {
        let keeps = |(role, at): &(Role, Option<i64>)| {
            *role == Role::Custodian && at.is_some_and(|at| around.contains(&at))
        };
        let people = self.people.iter();
        people
            .filter(|(_, roles)| roles.iter().any(keeps))
            .map(|(person, _)| *person)
            .collect()
    }

    /// The second person, who must have nothing to do with it.
    pub fn confirmed(
        &self,
        second: Option<Second>,
        sender: i64,
        concerned: &[i64],
        no: &mut Reasons,
    ) {
        let Some(second) = second else {
            no.insert("second_person_required");
            return;
        };
        let person = second.person.get();
        self.in_office(person, no);
        let mut roles = self.people.get(&person).into_iter().flatten();
        let may = roles.any(|(role, _)| confirms(*role));
        if !may || person == sender || concerned.contains(&person) {
            no.insert("second_person_unfit");
        }
        if second.secret_version != 1 || !self.secrets.contains(&person) {
            no.insert("sign_in_refused");
        }
    }

    fn open_department(&self, department: Option<DepartmentId>, no: &mut Reasons) {
        let Some(department) = department else { return };
        match self.departments.get(&department.get()) {
            None => drop(no.insert("department_unknown")),
            Some((_, true)) => drop(no.insert("department_closed")),
            Some((_, false)) => {}
        }
    }

    /// Whether the person would keep something no longer that has to be handed over.
    fn stops_keeping(&self, person: i64, ends: impl Fn(&Tenure) -> bool) -> bool {
        let own = |tenure: &&Tenure| {
            tenure.person == person
                && tenure.role == Role::Custodian
                && tenure.stands_in_for.is_none()
                && tenure.place.is_some()
                && tenure.holds(self.now)
        };
        let held: Vec<&Tenure> = self.tenures.iter().filter(own).collect();
        let kept = self
            .bottles
            .iter()
            .filter(|bottle| self.is_dual(bottle, self.now));
        let places: BTreeSet<i64> = kept.map(|bottle| bottle.place).collect();
        places.into_iter().any(|place| {
            let around = self.around(place);
            let mut there = held
                .iter()
                .filter(|tenure| tenure.place.is_some_and(|at| around.contains(&at)))
                .peekable();
            there.peek().is_some() && there.all(|tenure| ends(tenure))
        })
    }

    /// Whether nobody else would administer.
    fn is_last_administrator(&self, person: i64) -> bool {
        !self.tenures.iter().any(|tenure| {
            tenure.role == Role::Administrator
                && tenure.person != person
                && tenure.until.is_none()
                && tenure.holds(self.now)
                && !self.colleagues[&tenure.person].suspended
        })
    }

    fn administers(&self, person: i64) -> bool {
        self.holds(person, &[Role::Administrator])
    }

    fn will_confirm(&self, person: i64) -> bool {
        let mut tenures = self.tenures.iter();
        tenures.any(|one| one.person == person && confirms(one.role) && one.meets(self.now, None))
    }

    pub fn staff(
        &mut self,
        sent: &Sent,
        act: &StaffAct,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let sender = sent.person;
        match act {
            StaffAct::Enrol(enrol) => self.enrol(enrol, no),
            StaffAct::Appoint(appoint) => {
                let appointment = Appointment {
                    person: appoint.person,
                    role: appoint.role,
                    place: appoint.place,
                    from: appoint.from.unwrap_or(Time::from_millis(now)),
                    until: appoint.until,
                    stands_in_for: None,
                };
                self.appoint(&appointment, appoint.second, sender, no)
            }
            StaffAct::Delegate(delegate) => self.delegate(delegate, sender, no),
            StaffAct::Revoke(revoke) => self.revoke(revoke, sender, no),
            StaffAct::Leave(leave) => self.leave_office(leave, sender, no),
            StaffAct::Suspend(suspend) => {
                let (id, lifted) = (suspend.person.get(), suspend.lifted);
                if self.has_account(id, &mut no) {
                    match (self.colleagues[&id].suspended, lifted) {
                        (true, false) => drop(no.insert("person_suspended")),
                        (false, true) => drop(no.insert("not_suspended")),
                        (false, false)
                            if self.administers(id) && self.is_last_administrator(id) =>
                        {
                            no.insert("last_administrator");
                        }
                        (true, true) | (false, false) => {}
                    }
                }
                if self.will_confirm(id) || lifted || suspend.second.is_some() {
                    self.confirmed(suspend.second, sender, &[id], &mut no);
                }
                unless(no)?;
                self.colleagues.get_mut(&id).unwrap().suspended = !lifted;
                Ok((vec![], None))
            }
            StaffAct::Department(set) => self.set_department(set, no),
            StaffAct::Assign(Assign(assignment)) => {
                let id = assignment.person.get();
                self.in_office(id, &mut no);
                self.open_department(assignment.department, &mut no);
                unless(no)?;
                let colleague = self.colleagues.get_mut(&id).unwrap();
                colleague.department = assignment.department.map(DepartmentId::get);
                Ok((vec![], None))
            }
            StaffAct::Badge(badge) => {
                let id = badge.person.get();
                self.in_office(id, &mut no);
                if self.badges.values().any(|digest| *digest == badge.digest) {
                    no.insert("badge_taken");
                }
                unless(no)?;
                self.badges.insert(id, badge.digest.clone());
                Ok((vec![], None))
            }
            StaffAct::Code(code) => {
                let id = code.person.get();
                self.in_office(id, &mut no);
                let appointed = |one: &Tenure| one.person == id && one.meets(now, None);
                if self.tenures.iter().any(appointed)
                    || self.secrets.contains(&id)
                    || code.second.is_some()
                {
                    self.confirmed(code.second, sender, &[id], &mut no);
                }
                unless(no)?;
                Ok((vec![], None))
            }
            StaffAct::Unlock(unlock) => {
                let id = unlock.person.get();
                self.in_office(id, &mut no);
                self.confirmed(unlock.second, sender, &[id], &mut no);
                unless(no)?;
                Ok((vec![], None))
            }
        }
    }

    fn enrol(&mut self, enrol: &Enrol, mut no: Reasons) -> Result<Done, Reasons> {
        let same = self
            .colleagues
            .iter()
            .find(|(_, one)| one.identity == enrol.identity);
        let last = self.colleagues.last_key_value();
        let mut id = last.map_or(1, |(last, _)| last + 1);
        if let Some((known, colleague)) = same {
            if !colleague.closed || enrol.known.map(|known| known.get()) != Some(*known) {
                no.insert("person_exists");
            }
            id = *known;
        }
        let number = enrol.staff_number.to_lowercase();
        let taken = |(other, one): (&i64, &Colleague)| {
            *other != id && one.staff_number.to_lowercase() == number
        };
        if self.colleagues.iter().any(taken) {
            no.insert("staff_number_taken");
        }
        self.open_department(enrol.department, &mut no);
        unless(no)?;
        let colleague = Colleague {
            staff_number: enrol.staff_number.clone(),
            identity: enrol.identity.clone(),
            department: enrol.department.map(DepartmentId::get),
            closed: false,
            suspended: false,
        };
        self.colleagues.insert(id, colleague);
        Ok((vec![], Some(id)))
    }

    fn appoint(
        &mut self,
        appointment: &Appointment,
        second: Option<Second>,
        sender: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let new = Tenure::of(appointment, self.entries, 0);
        self.in_office(new.person, &mut no);
        match (new.role, new.place) {
            (Role::Custodian, None) => drop(no.insert("place_required")),
            (Role::Custodian, Some(place)) => self.open_place(place, &mut no),
            (_, Some(_)) => drop(no.insert("place_not_taken")),
            (_, None) => {}
        }
        if new.from < self.now || new.until.is_some_and(|end| end <= new.from) {
            no.insert("period_wrong");
        }
        let own = self.tenures.iter().filter(|held| held.person == new.person);
        for held in own.filter(|held| held.meets(new.from, new.until)) {
            if !go_together(held.role, new.role) {
                no.insert("roles_conflict");
            }
            if (held.role, held.place) == (new.role, new.place) {
                no.insert("already_appointed");
            }
        }
        let controlled = new
            .place
            .is_some_and(|place| self.keeps_controlled(place, self.now));
        if confirms(new.role) || controlled || second.is_some() {
            let concerned: Vec<i64> = [new.person].into_iter().chain(new.stands_in_for).collect();
            self.confirmed(second, sender, &concerned, &mut no);
        }
        unless(no)?;
        self.tenures.push(new);
        Ok((vec![], None))
    }

    fn delegate(
        &mut self,
        delegate: &Delegate,
        sender: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let absent = delegate.stands_in_for.get();
        let (from, until) = (delegate.from.millis(), delegate.until.millis());
        self.in_office(absent, &mut no);
        if absent == delegate.person.get() {
            no.insert("same_person_twice");
        }
        if until > from + 90 * DAY {
            no.insert("delegation_too_long");
        }
        let holds = self.tenures.iter().any(|held| {
            held.person == absent
                && held.role == delegate.role
                && held.place == delegate.place.map(PlaceId::get)
                && held.stands_in_for.is_none()
                && held.holds(from)
                && held.until.is_none_or(|end| until <= end)
        });
        if !holds {
            no.insert("nothing_to_stand_in_for");
        }
        let appointment = Appointment {
            person: delegate.person,
            role: delegate.role,
            place: delegate.place,
            from: delegate.from,
            until: Some(delegate.until),
            stands_in_for: Some(delegate.stands_in_for),
        };
        self.appoint(&appointment, delegate.second, sender, no)
    }

    fn revoke(&mut self, revoke: &Revoke, sender: i64, mut no: Reasons) -> Result<Done, Reasons> {
        let key = (revoke.entry.get().unsigned_abs(), revoke.line);
        let found = self
            .tenures
            .iter()
            .position(|one| (one.entry, one.line) == key && one.revoked.is_none());
        let Some(index) = found else {
            no.insert("appointment_unknown");
            return Err(no);
        };
        let tenure = self.tenures[index].clone();
        if tenure.role == Role::Administrator && self.is_last_administrator(tenure.person) {
            no.insert("last_administrator");
        }
        let ends = |one: &Tenure| (one.entry, one.line) == key;
        if self.stops_keeping(tenure.person, ends) {
            no.insert("custody_kept");
        }
        if confirms(tenure.role) || revoke.second.is_some() {
            self.confirmed(revoke.second, sender, &[tenure.person], &mut no);
        }
        unless(no)?;
        self.end(index);
        Ok((vec![], None))
    }

    /// Ends an appointment, and with it those who stand in for it.
    pub fn end(&mut self, index: usize) {
        let entry = self.entries;
        self.tenures[index].revoked = Some(entry);
        let ended = self.tenures[index].clone();
        for tenure in &mut self.tenures {
            let goes_too = tenure.stands_in_for == Some(ended.person)
                && (tenure.role, tenure.place) == (ended.role, ended.place);
            if goes_too && tenure.revoked.is_none() {
                tenure.revoked = Some(entry);
            }
        }
    }

    fn leave_office(
        &mut self,
        leave: &Leave,
        sender: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let id = leave.person.get();
        self.has_account(id, &mut no);
        let parts = self.held.values();
        let mut parts = parts.filter(|held| held.holder == id && held.amount > 0);
        let mut bottles = self.bottles.iter();
        if parts.next().is_some() || bottles.any(|bottle| bottle.holder == Some(id)) {
            no.insert("person_holds");
        }
        let mut taken = self.stocktakes.iter();
        if taken.any(|one| !one.closed && one.begun_by == id) {
            no.insert("stocktake_unfinished");
        }
        if self.administers(id) && self.is_last_administrator(id) {
            no.insert("last_administrator");
        }
        if self.stops_keeping(id, |_| true) {
            no.insert("custody_kept");
        }
        if self.will_confirm(id) || leave.second.is_some() {
            self.confirmed(leave.second, sender, &[id], &mut no);
        }
        unless(no)?;
        self.colleagues.get_mut(&id).unwrap().closed = true;
        let entry = self.entries;
        for tenure in &mut self.tenures {
            let ends = tenure.person == id || tenure.stands_in_for == Some(id);
            if ends && tenure.revoked.is_none() {
                tenure.revoked = Some(entry);
            }
        }
        Ok((vec![], None))
    }

    fn set_department(&mut self, set: &SetDepartment, mut no: Reasons) -> Result<Done, Reasons> {
        let last = self.departments.last_key_value();
        let next = last.map_or(1, |(last, _)| last + 1);
        let id = set.id.map_or(next, |id| id.get());
        if set.id.is_some() && !self.departments.contains_key(&id) {
            no.insert("department_unknown");
        }
        let same = |(other, (name, closed)): (&i64, &(String, bool))| {
            !closed && *other != id && *name == set.name
        };
        if self.departments.iter().any(same) {
            no.insert("department_exists");
        }
        let mut people = self.colleagues.values();
        if set.closed && people.any(|one| !one.closed && one.department == Some(id)) {
            no.insert("department_in_use");
        }
        unless(no)?;
        self.departments.insert(id, (set.name.clone(), set.closed));
        Ok((vec![], Some(id)))
    }

    pub fn staff_lines(&self, id: i64, lines: &mut Vec<String>) {
        let dash = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
        for (number, one) in &self.colleagues {
            let (closed, suspended) = (i64::from(one.closed), i64::from(one.suspended));
            let department = dash(one.department);
            lines.push(format!(
                "person|{id}|{number}|{}|{closed}|{department}|{suspended}",
                one.staff_number
            ));
        }
        for one in &self.tenures {
            let [place, until, absent] = [one.place, one.until, one.stands_in_for].map(dash);
            let revoked = dash(one.revoked.map(u64::cast_signed));
            let Tenure {
                entry,
                line,
                person,
                role,
                from,
                ..
            } = one;
            let role = role.as_str();
            lines.push(format!(
                "tenure|{id}|{entry}|{line}|{person}|{role}|{place}|{from}|{until}|{absent}|{revoked}"
            ));
        }
        for (number, (name, closed)) in &self.departments {
            let closed = i64::from(*closed);
            lines.push(format!("department|{id}|{number}|{name}|{closed}"));
        }
        for (number, digest) in &self.badges {
            lines.push(format!("badge|{id}|{number}|{digest}"));
        }
    }
}
