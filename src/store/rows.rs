//! Rows of primitives to domain types and back. A row that does not parse is a damaged database,
//! never a default.

use std::{fmt::Display, str::FromStr};

use crate::domain::{
    container::{Container, Holding, Identity, Standing},
    emergency::Emergency,
    facts::{KnownSecret, ProductTotal, Total},
    ids::{DepartmentId, IncidentId, InstitutionId, PersonId, PlaceId, ProductId, Seq, Serial},
    institution::Institution,
    ledger::{Posting, Record, Sealed},
    merkle::{Hash, to_blob},
    people::{Appointment, Department, Person, Tenure},
    place::Place,
    policy::Policy,
    product::Product,
    quantity::Density,
    search,
    substance::ControlClass,
    time::Time,
};

use super::{
    StoreError,
    schema::{
        BadgeRow, ContainerRow, DepartmentRow, EmergencyRow, EntryRow, HoldingRow, InstitutionRow,
        KnownSecretRow, PersonRow, PlaceRow, PlaceTotalRow, PolicyRow, PostingRow, ProductRow,
        ProductTotalRow, ReversalRow, SignatureRow, StandingRow, TenureRow,
    },
};

/// Parses a stored text.
pub(crate) fn parsed<T: FromStr<Err: Display>>(
    table: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse()
        .map_err(|error: T::Err| StoreError::Row(table, error.to_string()))
}

/// Converts a stored number.
pub(crate) fn number<T: TryFrom<i64, Error: Display>>(
    table: &'static str,
    value: i64,
) -> Result<T, StoreError> {
    T::try_from(value).map_err(|error| StoreError::Row(table, error.to_string()))
}

pub(super) fn maybe<T: TryFrom<i64, Error: Display>>(
    table: &'static str,
    value: Option<i64>,
) -> Result<Option<T>, StoreError> {
    value.map(|value| number(table, value)).transpose()
}

fn density(table: &'static str, ug_per_ml: Option<i64>) -> Result<Option<Density>, StoreError> {
    let density = ug_per_ml.map(Density::new).transpose();
    density.map_err(|_| StoreError::Row(table, "density".to_owned()))
}

/// SHA-256 in hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Hash(Sha256::digest(bytes).into()).to_hex()
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Row(table, error.to_string()))
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Row("json", error.to_string()))
}

impl EntryRow {
    pub(crate) fn of(sealed: &Sealed) -> Self {
        let record = sealed.entry.record();
        Self {
            institution_id: record.institution.get(),
            log: record.log.number(),
            seq: record.seq.get(),
            kind: record.act.kind().as_str().to_owned(),
            recorded_at: record.recorded_at.millis(),
            leaf_hash: sealed.leaf_hash.0.to_vec(),
            subtrees: to_blob(&sealed.completed),
            bytes: sealed.bytes.clone(),
        }
    }
}

impl PostingRow {
    pub(crate) fn of(record: &Record, line: i64, posting: &Posting) -> Self {
        Self {
            institution_id: record.institution.get(),
            seq: record.seq.get(),
            line,
            account: posting.account.as_str().to_owned(),
            serial: posting.container.get(),
            product_id: posting.product.get(),
            dimension: posting.dimension.as_str().to_owned(),
            place_id: posting.place.map(PlaceId::get),
            holder_id: posting.holder.map(PersonId::get),
            checkout_seq: posting.checkout.map(Seq::get),
            amount: posting.amount,
        }
    }

    pub(crate) fn parse(self) -> Result<Posting, StoreError> {
        const TABLE: &str = "posting";
        Ok(Posting {
            account: parsed(TABLE, &self.account)?,
            container: number(TABLE, self.serial)?,
            product: number(TABLE, self.product_id)?,
            dimension: parsed(TABLE, &self.dimension)?,
            place: self.place_id.map(|id| number(TABLE, id)).transpose()?,
            holder: self.holder_id.map(|id| number(TABLE, id)).transpose()?,
            checkout: self.checkout_seq.map(|id| number(TABLE, id)).transpose()?,
            amount: self.amount,
        })
    }
}

impl ContainerRow {
    pub(crate) fn of(institution: InstitutionId, container: &Container) -> Self {
        let identity = &container.identity;
        Self {
            institution_id: institution.get(),
            serial: container.serial.get(),
            product_id: identity.product.get(),
            dimension: identity.dimension.as_str().to_owned(),
            lot: identity.lot.clone(),
            maker: identity.maker.clone(),
            supplier: identity.supplier.clone(),
            expires_on: identity.expires_on.map(|day| day.to_string()),
            sds: identity.sds.clone(),
            lot_key: identity.lot.as_deref().map(search::fold),
            tare_ug: identity.tare_ug,
            density_ug_per_ml: identity.density.map(Density::ug_per_ml),
            parent_serial: identity.parent.map(Serial::get),
            came_from: identity.came_from.map(|label| label.to_string()),
            mixed: i64::from(identity.mixed),
        }
    }
}

impl StandingRow {
    pub(crate) fn of(institution: InstitutionId, container: &Container) -> Self {
        let standing = &container.standing;
        Self {
            institution_id: institution.get(),
            serial: container.serial.get(),
            status: standing.status.as_str().to_owned(),
            place_id: standing.place.get(),
            holder_id: standing.holder.map(PersonId::get),
            generation: standing.generation.get(),
            amount: standing.amount,
            last_entry: container.last_entry.get(),
            verified_at: container.verified_at.map(Time::millis),
            incident_id: container.incident.map(IncidentId::get),
        }
    }
}

/// A container from its two rows.
pub(crate) fn container(row: ContainerRow, hot: &StandingRow) -> Result<Container, StoreError> {
    const TABLE: &str = "container";
    Ok(Container {
        serial: number(TABLE, row.serial)?,
        identity: Identity {
            product: number(TABLE, row.product_id)?,
            dimension: parsed(TABLE, &row.dimension)?,
            lot: row.lot,
            maker: row.maker,
            supplier: row.supplier,
            expires_on: row.expires_on.map(|day| parsed(TABLE, &day)).transpose()?,
            sds: row.sds,
            tare_ug: row.tare_ug,
            density: density(TABLE, row.density_ug_per_ml)?,
            parent: maybe(TABLE, row.parent_serial)?,
            came_from: row
                .came_from
                .map(|label| parsed(TABLE, &label))
                .transpose()?,
            mixed: row.mixed == 1,
        },
        standing: Standing {
            status: parsed(TABLE, &hot.status)?,
            place: number(TABLE, hot.place_id)?,
            holder: maybe(TABLE, hot.holder_id)?,
            generation: number(TABLE, hot.generation)?,
            amount: hot.amount,
        },
        last_entry: number(TABLE, hot.last_entry)?,
        verified_at: hot.verified_at.map(Time::from_millis),
        incident: maybe(TABLE, hot.incident_id)?,
    })
}

impl HoldingRow {
    pub(crate) fn of(institution: InstitutionId, key: (Seq, Serial), holding: &Holding) -> Self {
        Self {
            institution_id: institution.get(),
            checkout_seq: key.0.get(),
            serial: key.1.get(),
            holder_id: holding.holder.get(),
            product_id: holding.product.get(),
            dimension: holding.dimension.as_str().to_owned(),
            amount: holding.amount,
        }
    }

    pub(crate) fn parse(self) -> Result<((Seq, Serial), Holding), StoreError> {
        const TABLE: &str = "holding";
        let serial = number(TABLE, self.serial)?;
        let holding = Holding {
            serial,
            holder: number(TABLE, self.holder_id)?,
            product: number(TABLE, self.product_id)?,
            dimension: parsed(TABLE, &self.dimension)?,
            amount: self.amount,
        };
        Ok(((number(TABLE, self.checkout_seq)?, serial), holding))
    }
}

impl PlaceTotalRow {
    pub(crate) fn of(institution: InstitutionId, key: (PlaceId, ProductId), total: Total) -> Self {
        Self {
            institution_id: institution.get(),
            place_id: key.0.get(),
            product_id: key.1.get(),
            containers: total.containers,
            amount: total.amount,
        }
    }
}

impl PlaceTotalRow {
    pub(crate) fn parse(&self) -> Result<((PlaceId, ProductId), Total), StoreError> {
        const TABLE: &str = "place_total";
        let key = (
            number(TABLE, self.place_id)?,
            number(TABLE, self.product_id)?,
        );
        let total = Total {
            containers: self.containers,
            amount: self.amount,
        };
        Ok((key, total))
    }
}

impl ProductTotalRow {
    pub(crate) fn of(institution: InstitutionId, product: ProductId, total: ProductTotal) -> Self {
        Self {
            institution_id: institution.get(),
            product_id: product.get(),
            containers: total.at_places.containers,
            amount: total.at_places.amount,
            containers_out: total.with_persons.containers,
            amount_out: total.with_persons.amount,
        }
    }

    pub(crate) const fn parse(&self) -> ProductTotal {
        ProductTotal {
            at_places: Total {
                containers: self.containers,
                amount: self.amount,
            },
            with_persons: Total {
                containers: self.containers_out,
                amount: self.amount_out,
            },
        }
    }
}

impl ReversalRow {
    pub(crate) fn of(institution: InstitutionId, reversed: Seq, by: Seq) -> Self {
        Self {
            institution_id: institution.get(),
            reversed_seq: reversed.get(),
            seq: by.get(),
        }
    }
}

impl InstitutionRow {
    pub(crate) fn of(institution: &Institution) -> Self {
        Self {
            institution_id: institution.id.get(),
            name: institution.name.clone(),
            uscc: institution.uscc.clone(),
            region: institution.region.to_string(),
            kind: institution.kind.as_str().to_owned(),
            origin: institution.origin.as_str().to_owned(),
        }
    }

    pub(crate) fn parse(self) -> Result<Institution, StoreError> {
        const TABLE: &str = "institution";
        Ok(Institution {
            id: number(TABLE, self.institution_id)?,
            name: self.name,
            uscc: self.uscc,
            region: parsed(TABLE, &self.region)?,
            kind: parsed(TABLE, &self.kind)?,
            origin: parsed(TABLE, &self.origin)?,
        })
    }
}

impl PersonRow {
    pub(crate) fn of(institution: InstitutionId, person: &Person) -> Self {
        Self {
            institution_id: institution.get(),
            person_id: person.id.get(),
            name: person.name.clone(),
            staff_number: person.staff_number.clone(),
            identity: person.identity.clone(),
            closed: i64::from(person.closed),
            department_id: person.department.map(DepartmentId::get),
            suspended: i64::from(person.suspended),
        }
    }

    pub(crate) fn parse(self) -> Result<Person, StoreError> {
        Ok(Person {
            id: number("person", self.person_id)?,
            name: self.name,
            staff_number: self.staff_number,
            identity: self.identity,
            closed: self.closed == 1,
            department: maybe("person", self.department_id)?,
            suspended: self.suspended == 1,
        })
    }
}

impl DepartmentRow {
    pub(crate) fn of(institution: InstitutionId, department: &Department) -> Self {
        Self {
            institution_id: institution.get(),
            department_id: department.id.get(),
            name: department.name.clone(),
            closed: i64::from(department.closed),
        }
    }

    pub(crate) fn parse(self) -> Result<Department, StoreError> {
        Ok(Department {
            id: number("department", self.department_id)?,
            name: self.name,
            closed: self.closed == 1,
        })
    }
}

impl TenureRow {
    pub(crate) fn of(institution: InstitutionId, key: (Seq, u32), tenure: &Tenure) -> Self {
        let appointment = &tenure.appointment;
        Self {
            institution_id: institution.get(),
            seq: key.0.get(),
            line: i64::from(key.1),
            person_id: appointment.person.get(),
            role: appointment.role.as_str().to_owned(),
            place_id: appointment.place.map(PlaceId::get),
            valid_from: appointment.from.millis(),
            valid_until: appointment.until.map(Time::millis),
            stands_in_for: appointment.stands_in_for.map(PersonId::get),
            revoked_by: tenure.revoked_by.map(Seq::get),
        }
    }

    pub(crate) fn parse(self) -> Result<((Seq, u32), Tenure), StoreError> {
        const TABLE: &str = "tenure";
        let appointment = Appointment {
            person: number(TABLE, self.person_id)?,
            role: parsed(TABLE, &self.role)?,
            place: maybe(TABLE, self.place_id)?,
            from: Time::from_millis(self.valid_from),
            until: self.valid_until.map(Time::from_millis),
            stands_in_for: maybe(TABLE, self.stands_in_for)?,
        };
        let key = (number(TABLE, self.seq)?, number(TABLE, self.line)?);
        Ok((
            key,
            Tenure {
                appointment,
                revoked_by: maybe(TABLE, self.revoked_by)?,
            },
        ))
    }
}

impl KnownSecretRow {
    pub(crate) fn of(institution: InstitutionId, person: PersonId, known: &KnownSecret) -> Self {
        Self {
            institution_id: institution.get(),
            person_id: person.get(),
            version: i64::from(known.version),
            digest: known.digest.clone(),
        }
    }

    pub(crate) fn parse(self) -> Result<(PersonId, KnownSecret), StoreError> {
        let version = number("known_secret", self.version)?;
        let person = number("known_secret", self.person_id)?;
        Ok((
            person,
            KnownSecret {
                version,
                digest: self.digest,
            },
        ))
    }
}

impl BadgeRow {
    pub(crate) fn of(institution: InstitutionId, person: PersonId, digest: &str) -> Self {
        Self {
            institution_id: institution.get(),
            person_id: person.get(),
            digest: digest.to_owned(),
        }
    }

    pub(crate) fn parse(self) -> Result<(PersonId, String), StoreError> {
        Ok((number("badge", self.person_id)?, self.digest))
    }
}

impl PlaceRow {
    pub(crate) fn of(institution: InstitutionId, place: &Place) -> Self {
        let permitted: Vec<_> = place.permitted.iter().map(|class| class.code()).collect();
        Self {
            institution_id: institution.get(),
            place_id: place.id.get(),
            parent_id: place.parent.map(PlaceId::get),
            kind: place.kind.as_str().to_owned(),
            name: place.name.clone(),
            permitted: permitted.join(","),
            longitude_udeg: place.longitude_udeg,
            latitude_udeg: place.latitude_udeg,
            closed: i64::from(place.closed),
            department_id: place.department.map(DepartmentId::get),
        }
    }

    pub(crate) fn parse(self) -> Result<Place, StoreError> {
        const TABLE: &str = "place";
        let classes = self.permitted.split(',').filter(|code| !code.is_empty());
        Ok(Place {
            id: number(TABLE, self.place_id)?,
            parent: maybe(TABLE, self.parent_id)?,
            kind: parsed(TABLE, &self.kind)?,
            name: self.name,
            permitted: classes
                .map(|code| parsed::<ControlClass>(TABLE, code))
                .collect::<Result<_, _>>()?,
            longitude_udeg: self.longitude_udeg,
            latitude_udeg: self.latitude_udeg,
            closed: self.closed == 1,
            department: maybe(TABLE, self.department_id)?,
        })
    }
}

/// Unix ms beyond any entry: the default of the column.
const NEVER: i64 = 9_007_199_254_740_991;

/// From when one of the classes is controlled by law; a class with an end is left to the policies.
fn controlled_from(product: &Product) -> i64 {
    let lines = product.classes.iter();
    lines
        .filter(|line| line.class.is_controlled_by_default() && line.until.is_none())
        .map(|line| Time::start_of_china_day(line.from).millis())
        .min()
        .unwrap_or(NEVER)
}

impl ProductRow {
    pub(crate) fn of(institution: InstitutionId, product: &Product) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            product_id: product.id.get(),
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.as_ref().map(|cas| cas.as_str().to_owned()),
            substance: product.substance.clone(),
            dimension: product.dimension.as_str().to_owned(),
            density_ug_per_ml: product.density.map(Density::ug_per_ml),
            classes: to_json(&product.classes)?,
            controlled_from: controlled_from(product),
            aliases: to_json(&product.aliases)?,
            search: product.search_keys().as_str().to_owned(),
        })
    }

    pub(crate) fn parse(self) -> Result<Product, StoreError> {
        const TABLE: &str = "product";
        Ok(Product {
            id: number(TABLE, self.product_id)?,
            name: self.name,
            qualifier: self.qualifier,
            cas: self.cas.map(|cas| parsed(TABLE, &cas)).transpose()?,
            substance: self.substance,
            dimension: parsed(TABLE, &self.dimension)?,
            density: density(TABLE, self.density_ug_per_ml)?,
            classes: json(TABLE, &self.classes)?,
            aliases: json(TABLE, &self.aliases)?,
        })
    }
}

impl PolicyRow {
    pub(crate) fn of(
        institution: InstitutionId,
        seq: Seq,
        policy: &Policy,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            seq: seq.get(),
            class: policy.class.code().to_owned(),
            body: to_json(policy)?,
        })
    }

    pub(crate) fn parse(self) -> Result<(Seq, Policy), StoreError> {
        Ok((number("policy", self.seq)?, json("policy", &self.body)?))
    }
}

impl EmergencyRow {
    pub(crate) fn of(
        institution: InstitutionId,
        seq: Seq,
        emergency: &Emergency,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            seq: seq.get(),
            leaf_hash: emergency.leaf_hash.0.to_vec(),
            place_id: emergency.place.get(),
            released_at: emergency.released_at.millis(),
            parties: to_json(&emergency.parties)?,
            countersigners: to_json(&emergency.countersigners)?,
            countersigned_at: emergency.countersigned_at.map(Time::millis),
        })
    }

    pub(crate) fn parse(self) -> Result<(Seq, Emergency), StoreError> {
        const TABLE: &str = "emergency";
        let emergency = Emergency {
            leaf_hash: Hash::try_from(self.leaf_hash.as_slice())
                .map_err(|error| StoreError::Row(TABLE, error.to_string()))?,
            place: number(TABLE, self.place_id)?,
            released_at: Time::from_millis(self.released_at),
            parties: json(TABLE, &self.parties)?,
            countersigners: json(TABLE, &self.countersigners)?,
            countersigned_at: self.countersigned_at.map(Time::from_millis),
        };
        Ok((number(TABLE, self.seq)?, emergency))
    }
}

impl SignatureRow {
    /// The rows of an entry's signatures.
    pub(crate) fn of(record: &Record) -> Vec<Self> {
        let signed = record.signed.iter().flat_map(|signed| &signed.signatures);
        signed
            .map(|signature| {
                let statement = signature.statement();
                Self {
                    institution_id: record.institution.get(),
                    seq: record.seq.get(),
                    person_id: statement.signer.person.get(),
                    part: statement.part.as_str().to_owned(),
                    tier: statement.tier.as_str().to_owned(),
                    signed_at: statement.signed_at.millis(),
                    payload_hash: statement.payload_hash.0.to_vec(),
                }
            })
            .collect()
    }
}
