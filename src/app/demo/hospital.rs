//! The demo hospital before its first day: founded, staffed, with places and products; and how its
//! people act.

use std::{collections::BTreeMap, error::Error};

use super::{
    DemoError, StoryClock,
    tables::{DemoPerson, DemoPlace, DemoProduct, demo_persons, places, products},
};
use crate::{
    app::{App, Done, FounderForm, FoundingForm, Login, Principal, Proof, Secrets, Signing},
    domain::{
        ids::{DepartmentId, InstitutionId, Label, PersonId, PlaceId},
        institution::{InstitutionKind, Origin},
        ledger::{Act, Actor, Part},
        people::Role,
        place::{Latitude, Longitude, Place, PlaceKind},
        product::Product,
        request::Proposal,
        time::Time,
        verb::{Appoint, Enrol, Second, SetDepartment, SetPlace, SetProduct, Verb},
    },
};

/// 统一社会信用代码 of a hospital that does not exist.
const USCC: &str = "12220302MB0DEM000M";
/// 四平市铁西区.
const REGION: &str = "220302";

/// What an institution of a demo is before its first day.
pub(super) struct House {
    pub name: String,
    pub uscc: String,
    pub region: String,
    pub kind: InstitutionKind,
    /// The three founders first: an administrator, the equipment department, the safety officer.
    pub persons: Vec<DemoPerson>,
    pub places: Vec<DemoPlace>,
    pub products: Vec<DemoProduct>,
}

impl House {
    /// The one hospital of the small demo.
    pub(super) fn hospital() -> Result<Self, DemoError> {
        Ok(Self {
            name: "四平市演示医院".to_owned(),
            uscc: USCC.to_owned(),
            region: REGION.to_owned(),
            kind: InstitutionKind::Hospital,
            persons: demo_persons()?,
            places: places()?,
            products: products()?,
        })
    }
}

/// Who found an institution.
const FOUNDERS: usize = 3;

/// Somebody at work.
struct Worker {
    person: DemoPerson,
    id: PersonId,
    session: Option<(Time, Principal)>,
}

/// A product with its number.
pub(super) struct Kept {
    pub row: DemoProduct,
    pub product: Product,
    pub place: PlaceId,
    /// The room that the place lies in.
    pub room: String,
    /// Whether two custodians sign for it.
    pub is_controlled: bool,
}

/// The hospital, or another institution, while its story is told.
pub(super) struct Hospital<'a> {
    pub app: &'a App,
    pub clock: StoryClock,
    pub institution: InstitutionId,
    /// How long somebody stays signed in, seconds.
    signed_in: i64,
    workers: BTreeMap<String, Worker>,
    pub places: BTreeMap<String, PlaceId>,
    /// The keys of those that are rooms.
    pub rooms: Vec<String>,
    pub products: Vec<Kept>,
}

impl<'a> Hospital<'a> {
    /// Founds it; the codes of the founders.
    pub(super) async fn found(
        app: &'a App,
        clock: StoryClock,
        house: &House,
        signed_in: i64,
    ) -> Result<(Self, Vec<String>), DemoError> {
        let form_of = |person: &DemoPerson| FounderForm {
            name: person.name.clone(),
            staff_number: person.staff_number.clone(),
            identity: person.identity_number.clone(),
            roles: person.roles.clone(),
        };
        let form = FoundingForm {
            name: house.name.clone(),
            uscc: house.uscc.parse().map_err(table)?,
            region: house.region.parse().map_err(table)?,
            kind: house.kind,
            founders: house.persons.iter().take(FOUNDERS).map(form_of).collect(),
        };
        let founded = app.found_as(form, Origin::Demo, "demo").await?;
        let hospital = Self {
            app,
            clock,
            institution: founded.institution,
            signed_in,
            workers: BTreeMap::new(),
            places: BTreeMap::new(),
            rooms: Vec::new(),
            products: Vec::new(),
        };
        let codes = founded.codes.into_iter().map(|(_, code)| code);
        Ok((hospital, codes.collect()))
    }

    /// Staffs it and fits it out.
    pub(super) async fn open(&mut self, house: House, codes: Vec<String>) -> Result<(), DemoError> {
        let later = house.persons.iter().skip(FOUNDERS);
        for ((number, person), code) in (1..).zip(&house.persons).zip(codes) {
            let id = PersonId::try_from(number).map_err(table)?;
            self.welcome(person, id, &code).await?;
        }
        let mut departments: BTreeMap<String, DepartmentId> = BTreeMap::new();
        for person in later.clone() {
            let known = person
                .department
                .as_ref()
                .and_then(|name| departments.get(name));
            let department = match (known.copied(), &person.department) {
                (None, Some(name)) => {
                    let made = self.department(name).await?;
                    departments.insert(name.clone(), made);
                    Some(made)
                }
                (known, _) => known,
            };
            self.enrol(person, department).await?;
        }
        self.fit_out(house.places).await?;
        for person in later {
            for role in person.roles.iter().filter(|role| **role != Role::Auditor) {
                self.appoint(person, *role).await?;
            }
        }
        self.stock(house.products).await
    }

    async fn department(&mut self, name: &str) -> Result<DepartmentId, DemoError> {
        let verb = SetDepartment {
            id: None,
            name: name.to_owned(),
            closed: false,
        };
        let id = self.act("A001", Box::new(verb), made).await?;
        id.parse().map_err(table)
    }

    /// The person sets the secret.
    async fn welcome(
        &mut self,
        person: &DemoPerson,
        id: PersonId,
        code: &str,
    ) -> Result<(), DemoError> {
        self.clock.pass_minutes(2);
        let given = self.secrets(person, "");
        self.app.set_secret(given, code).await?;
        let worker = Worker {
            person: person.clone(),
            id,
            session: None,
        };
        self.workers.insert(person.staff_number.clone(), worker);
        Ok(())
    }

    async fn enrol(
        &mut self,
        person: &DemoPerson,
        department: Option<DepartmentId>,
    ) -> Result<(), DemoError> {
        let (code, code_digest) = self.app.new_code(self.institution, &person.staff_number)?;
        let verb = Enrol {
            name: person.name.clone(),
            staff_number: person.staff_number.clone(),
            identity: self.app.identity_digest(&person.identity_number),
            department,
            code_digest,
            known: None,
        };
        let id = self.act("A001", Box::new(verb), made).await?;
        self.welcome(person, id.parse().map_err(table)?, &code)
            .await
    }

    async fn fit_out(&mut self, places: Vec<DemoPlace>) -> Result<(), DemoError> {
        for row in places {
            let parent = match &row.parent {
                Some(parent) => Some(self.place(parent)?),
                None => None,
            };
            let place = Place {
                id: PlaceId::MIN,
                parent,
                kind: row.kind,
                name: row.name,
                permitted: row.permitted,
                longitude_udeg: row.longitude.map(Longitude::udeg),
                latitude_udeg: row.latitude.map(Latitude::udeg),
                department: None,
                closed: false,
            };
            let verb = SetPlace {
                id: None,
                place,
                second: None,
            };
            let id = self.act("E001", Box::new(verb), made).await?;
            if row.kind == PlaceKind::Room {
                self.rooms.push(row.key.clone());
            }
            self.places.insert(row.key, id.parse().map_err(table)?);
        }
        Ok(())
    }

    /// Appoints somebody; a second person confirms a custodian, and whoever may confirm others.
    async fn appoint(&mut self, person: &DemoPerson, role: Role) -> Result<(), DemoError> {
        self.clock.pass_minutes(1);
        let place = match &person.keeps {
            Some(room) if role == Role::Custodian => Some(self.place(room)?),
            Some(_) | None => None,
        };
        let second = if place.is_some() || role.may_confirm() {
            Some(self.second("S001", "保卫科").await?)
        } else {
            None
        };
        let verb = Appoint {
            person: self.id(&person.staff_number)?,
            role,
            place,
            from: None,
            until: None,
            second,
        };
        self.act("A001", Box::new(verb), made).await.map(drop)
    }

    /// The last act: somebody comes to audit all this.
    pub(super) async fn appoint_auditor(&mut self) -> Result<(), DemoError> {
        let workers = self.workers.values().map(|worker| worker.person.clone());
        for person in workers.collect::<Vec<_>>() {
            if person.roles.contains(&Role::Auditor) {
                self.appoint(&person, Role::Auditor).await?;
            }
        }
        Ok(())
    }

    async fn stock(&mut self, products: Vec<DemoProduct>) -> Result<(), DemoError> {
        for row in products {
            let product = self.app.product(
                row.name.clone(),
                row.qualifier.clone(),
                row.cas.clone(),
                row.each.dimension(),
                row.substance.as_deref(),
            );
            let product = product.map_err(|refusal| table(format!("{}: {refusal}", row.name)))?;
            let verb = SetProduct {
                id: None,
                product: product.clone(),
            };
            let id = self.act("E001", Box::new(verb), made).await?;
            let classes = product.classes_on(self.clock.now().china_day());
            self.products.push(Kept {
                place: self.place(&row.place)?,
                room: row.place.split('-').next().unwrap_or_default().to_owned(),
                is_controlled: classes.iter().any(|class| class.is_controlled_by_default()),
                product: Product {
                    id: id.parse().map_err(table)?,
                    ..product
                },
                row,
            });
        }
        Ok(())
    }

    /// Somebody proves to be there, with the own secret.
    pub(super) async fn second(
        &self,
        staff_number: &str,
        terminal: &str,
    ) -> Result<Second, DemoError> {
        let given = self.secrets(&self.worker(staff_number)?.person, terminal);
        Ok(self.app.second(given).await?)
    }

    fn secrets(&self, person: &DemoPerson, terminal: &str) -> Secrets {
        Secrets {
            institution: self.institution,
            login: Login::StaffNumber(person.staff_number.clone()),
            secret: person.secret.clone(),
            asker: Actor::unknown(terminal.to_owned()),
        }
    }

    fn worker(&self, staff_number: &str) -> Result<&Worker, DemoError> {
        let found = self.workers.get(staff_number);
        found.ok_or_else(|| table(format!("nobody is {staff_number}")))
    }

    /// The number of a person.
    pub(super) fn id(&self, staff_number: &str) -> Result<PersonId, DemoError> {
        self.worker(staff_number).map(|worker| worker.id)
    }

    /// The number of a place.
    pub(super) fn place(&self, key: &str) -> Result<PlaceId, DemoError> {
        let found = self.places.get(key).copied();
        found.ok_or_else(|| table(format!("no place is {key}")))
    }

    /// The custodians of a room.
    pub(super) fn keepers(&self, room: &str) -> Vec<String> {
        self.staff(|person| person.keeps.as_deref() == Some(room))
    }

    /// Those who take from a room.
    pub(super) fn takers(&self, room: &str) -> Vec<String> {
        self.staff(|person| person.takes_from.iter().any(|from| from == room))
    }

    fn staff(&self, is_meant: impl Fn(&DemoPerson) -> bool) -> Vec<String> {
        let meant = self.workers.values().filter(|one| is_meant(&one.person));
        meant.map(|one| one.person.staff_number.clone()).collect()
    }

    /// Somebody signed in, anew when the last session has ended.
    pub(super) async fn who(&mut self, staff_number: &str) -> Result<Principal, DemoError> {
        let now = self.clock.now();
        let worker = self.worker(staff_number)?;
        if let Some((began, principal)) = &worker.session
            && now < began.plus_seconds(self.signed_in)
        {
            return Ok(principal.clone());
        }
        let terminal = worker.person.keeps.clone().unwrap_or_default();
        let given = self.secrets(&worker.person, &terminal);
        let principal = self.app.sign_in(given).await?.principal;
        if let Some(worker) = self.workers.get_mut(staff_number) {
            worker.session = Some((now, principal.clone()));
        }
        Ok(principal)
    }

    /// Somebody does something.
    pub(super) async fn act(
        &mut self,
        staff_number: &str,
        verb: Box<dyn Verb>,
        answer: fn(Done<'_>) -> String,
    ) -> Result<String, DemoError> {
        let who = self.who(staff_number).await?;
        let done = self.app.execute(&who, "demo", None, verb, answer).await;
        Ok(done.map(|(answer, _)| answer)?)
    }

    /// Something is asked for, shown, and signed by these at one desk.
    pub(super) async fn sign(
        &mut self,
        proposal: Proposal,
        signers: &[String],
        part: Part,
    ) -> Result<String, DemoError> {
        self.signed(proposal, signers, part, labels).await
    }

    /// The same, with another answer.
    pub(super) async fn signed(
        &mut self,
        proposal: Proposal,
        signers: &[String],
        part: Part,
        answer: fn(Done<'_>) -> String,
    ) -> Result<String, DemoError> {
        let asks = signers.first().ok_or_else(|| table("nobody signs"))?;
        let who = self.who(asks).await?;
        let asked = self.app.request_signatures(&who, "demo", None, proposal);
        let shown = asked.await?.0;
        let mut proofs = Vec::new();
        for signer in signers {
            proofs.push(Proof {
                login: Login::StaffNumber(signer.clone()),
                secret: self.worker(signer)?.person.secret.clone(),
                part,
            });
        }
        let signing = Signing {
            id: shown.id,
            payload_hash: shown.request.payload_hash,
            proofs,
        };
        let signed = self.app.sign(&who, "demo", None, signing, answer).await?;
        Ok(signed.0)
    }
}

/// A fixture that does not fit the others.
pub(super) fn table(error: impl Into<Box<dyn Error + Send + Sync>>) -> DemoError {
    DemoError::Table(error.into())
}

/// The number that an entry gave.
pub(super) fn made(done: Done<'_>) -> String {
    match done.entry.map(|(entry, _)| &entry.record().act) {
        Some(Act::Enrol(person)) => person.id.to_string(),
        Some(Act::Place(place)) => place.id.to_string(),
        Some(Act::Product(product)) => product.id.to_string(),
        Some(Act::Department(department)) => department.id.to_string(),
        Some(Act::Permit(permit)) => permit.id.to_string(),
        Some(Act::Requisition(request)) => request.id.to_string(),
        Some(Act::Order(order)) => order.id.to_string(),
        Some(Act::Stocktake(stocktake)) => stocktake.id.to_string(),
        Some(Act::Loss(loss)) => loss.incident.id.to_string(),
        Some(_) | None => String::new(),
    }
}

/// The number of the entry.
pub(super) fn seq(done: Done<'_>) -> String {
    done.entry
        .map(|(entry, _)| entry.record().seq.to_string())
        .unwrap_or_default()
}

/// The labels of the containers that an entry touches, between spaces.
pub(super) fn labels(done: Done<'_>) -> String {
    let Some((entry, _)) = done.entry else {
        return String::new();
    };
    let record = entry.record();
    let labels: Vec<String> = record
        .containers
        .iter()
        .map(|line| Label::new(record.institution, line.serial, line.after.generation).to_string())
        .collect();
    labels.join(" ")
}
