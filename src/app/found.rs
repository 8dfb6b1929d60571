//! Founding an institution through the link that the first start prints.

use serde::Deserialize;

use super::{
    App, AppError,
    session::{digest, random},
};
use crate::{
    domain::{
        ids::{IdentityNumber, InstitutionId, RegionCode, Uscc},
        institution::{Institution, InstitutionKind, Origin},
        ledger::Actor,
        merkle::Hash,
        people::Role,
        refusal::Refusal,
        verb::{Found, Founder},
    },
    store::{StoreError, lookups, writer::Command},
};

/// One of the three first persons, as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FounderForm {
    /// Name.
    pub name: String,
    /// 工号.
    pub staff_number: String,
    /// 身份证号; only its keyed digest is kept.
    #[serde(rename = "identity_number")]
    pub identity: IdentityNumber,
    /// What the person is to be.
    pub roles: Vec<Role>,
}

/// The institution to found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundingForm {
    /// Full name.
    pub name: String,
    /// 统一社会信用代码.
    pub uscc: Uscc,
    /// 行政区划代码.
    pub region: RegionCode,
    /// What kind.
    pub kind: InstitutionKind,
    /// The three first persons.
    pub founders: Vec<FounderForm>,
}

/// What founding gives back, once.
pub struct Founding {
    /// The number of the institution.
    pub institution: InstitutionId,
    /// Staff number and one-time code of each founder.
    pub codes: Vec<(String, String)>,
    /// The answer of the writer.
    pub answer: String,
}

impl App {
    /// The code of the founding link, if nobody has been founded yet; the same for as long as the
    /// program runs.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn founding_code(&self) -> Result<Option<String>, AppError> {
        if !self.institutions().await?.is_empty() {
            return Ok(None);
        }
        let fresh = Hash(random()?).to_hex();
        Ok(Some(self.founding_code.get_or_init(|| fresh).clone()))
    }

    /// Founds the first institution; the link is dead from then on.
    ///
    /// # Errors
    /// [`Refusal::CodeRefused`], [`Refusal::FoundersIncomplete`] and others.
    pub async fn found(
        &self,
        code: &str,
        form: FoundingForm,
        request: &str,
    ) -> Result<Founding, AppError> {
        let right = self.founding_code.get();
        if right.is_none_or(|right| digest(right) != digest(code))
            || !self.institutions().await?.is_empty()
        {
            return Err(Refusal::CodeRefused {}.into());
        }
        self.found_as(form, Origin::Live, request).await
    }

    /// Founds an institution of an origin. Whoever calls this has shown the right to: by the founding
    /// link, or by working on the server itself.
    ///
    /// # Errors
    /// [`Refusal::FoundersIncomplete`] and others.
    pub async fn found_as(
        &self,
        form: FoundingForm,
        origin: Origin,
        request: &str,
    ) -> Result<Founding, AppError> {
        let today = self.now().china_day();
        if let Err(error) = self.catalogue.region_tree().on(form.region, today) {
            return Err(Refusal::of_region(form.region, today, error).into());
        }
        let founded = self.readers.point(lookups::institutions).await?;
        let last = founded.last().map_or(0, |institution| institution.id.get());
        let institution = InstitutionId::try_from(last + 1).map_err(|_| Refusal::Inconsistent {
            what: "numbers of institutions",
        })?;
        let mut codes = Vec::new();
        let mut founders = Vec::new();
        for founder in form.founders {
            let (code, code_digest) = self.new_code(institution, &founder.staff_number)?;
            founders.push(Founder {
                name: founder.name,
                staff_number: founder.staff_number.clone(),
                identity: self.keys.identity(&founder.identity),
                roles: founder.roles,
                code_digest,
            });
            codes.push((founder.staff_number, code));
        }
        let verb = Found {
            institution: Institution {
                id: institution,
                name: form.name,
                uscc: form.uscc.to_string(),
                region: form.region,
                kind: form.kind,
                origin,
            },
            founders,
        };
        let command = Command {
            institution,
            actor: Actor {
                person: None,
                name: "founding link".to_owned(),
                terminal: None,
            },
            request: request.to_owned(),
            key: None,
            verb: Box::new(verb),
            answer: |_| String::new(),
        };
        let (answer, _) = self.submit(command).await?;
        Ok(Founding {
            institution,
            codes,
            answer,
        })
    }
}

/// Twelve digits in three groups: typed from paper, valid once and for a week.
pub(super) fn one_time_code() -> Result<String, StoreError> {
    let bytes: [u8; 8] = random()?;
    let number = u64::from_be_bytes(bytes) % 1_000_000_000_000;
    Ok(format!(
        "{:04}-{:04}-{:04}",
        number / 100_000_000,
        number / 10_000 % 10_000,
        number % 10_000
    ))
}
