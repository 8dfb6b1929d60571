//! Rows of the desk to domain types and back: sessions, secrets, codes, tries, signing requests.

use crate::domain::{
    desk::{Attempts, Claimant, OneTimeCode, Session, SessionId, StoredSecret, WrongTries},
    ids::{ImportId, InstitutionId, PersonId, RequestId, Serial},
    merkle::Hash,
    opening::{Import, Part},
    request::{Reservation, SigningRequest},
    time::Time,
};

use super::{
    StoreError,
    rows::{json, number, parsed, to_json},
    schema::{
        AttemptsRow, ImportPartRow, ImportRow, OneTimeCodeRow, ReservationRow, SessionRow,
        SigningRequestRow, StoredSecretRow, WrongTriesRow,
    },
};

impl SessionRow {
    pub(crate) fn of(institution: InstitutionId, id: SessionId, session: &Session) -> Self {
        Self {
            institution_id: institution.get(),
            session_id: id.to_be_bytes().to_vec(),
            person_id: session.person.get(),
            created_at: session.created_at.millis(),
            expires_at: session.expires_at.millis(),
            revoked: i64::from(session.revoked),
            refresh_digest: session.refresh_digest.clone(),
            terminal: session.terminal.clone(),
        }
    }

    pub(crate) fn parse(self) -> Result<(SessionId, Session), StoreError> {
        const TABLE: &str = "session";
        let id: [u8; 16] = self
            .session_id
            .try_into()
            .map_err(|_| StoreError::Row(TABLE, "session_id".to_owned()))?;
        let session = Session {
            person: number(TABLE, self.person_id)?,
            created_at: Time::from_millis(self.created_at),
            expires_at: Time::from_millis(self.expires_at),
            revoked: self.revoked == 1,
            refresh_digest: self.refresh_digest,
            terminal: self.terminal,
        };
        Ok((SessionId::from_be_bytes(id), session))
    }
}

impl StoredSecretRow {
    pub(crate) fn of(institution: InstitutionId, person: PersonId, secret: &StoredSecret) -> Self {
        Self {
            institution_id: institution.get(),
            person_id: person.get(),
            version: i64::from(secret.version),
            phc: secret.phc.clone(),
        }
    }

    pub(crate) fn parse(self) -> Result<(PersonId, StoredSecret), StoreError> {
        let version = number("stored_secret", self.version)?;
        Ok((
            number("stored_secret", self.person_id)?,
            StoredSecret {
                version,
                phc: self.phc,
            },
        ))
    }
}

impl OneTimeCodeRow {
    pub(crate) fn of(institution: InstitutionId, person: PersonId, code: &OneTimeCode) -> Self {
        Self {
            institution_id: institution.get(),
            person_id: person.get(),
            digest: code.digest.clone(),
            expires_at: code.expires_at.millis(),
            used: i64::from(code.used),
        }
    }

    pub(crate) fn parse(self) -> Result<(PersonId, OneTimeCode), StoreError> {
        let code = OneTimeCode {
            digest: self.digest,
            expires_at: Time::from_millis(self.expires_at),
            used: self.used == 1,
        };
        Ok((number("one_time_code", self.person_id)?, code))
    }
}

impl AttemptsRow {
    pub(crate) fn of(institution: InstitutionId, claimant: Claimant, attempts: &Attempts) -> Self {
        Self {
            institution_id: institution.get(),
            subject: claimant.subject,
            terminal: claimant.terminal,
            failures: attempts.failures,
            locked_until: attempts.locked_until.map(Time::millis),
        }
    }

    pub(crate) fn parse(self) -> (Claimant, Attempts) {
        let attempts = Attempts {
            failures: self.failures,
            locked_until: self.locked_until.map(Time::from_millis),
        };
        (
            Claimant {
                subject: self.subject,
                terminal: self.terminal,
            },
            attempts,
        )
    }
}

impl WrongTriesRow {
    pub(crate) fn of(institution: InstitutionId, subject: i64, tries: &WrongTries) -> Self {
        Self {
            institution_id: institution.get(),
            subject,
            since: tries.since.millis(),
            count: tries.count,
            alerted: i64::from(tries.alerted),
        }
    }

    pub(crate) const fn parse(self) -> (i64, WrongTries) {
        let tries = WrongTries {
            since: Time::from_millis(self.since),
            count: self.count,
            alerted: self.alerted == 1,
        };
        (self.subject, tries)
    }
}

impl SigningRequestRow {
    pub(crate) fn of(
        institution: InstitutionId,
        id: RequestId,
        request: &SigningRequest,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            request_id: id.get(),
            state: request.state.as_str().to_owned(),
            payload: request.payload.clone(),
            payload_hash: request.payload_hash.0.to_vec(),
            applicant_id: request.applicant.get(),
            expires_at: request.expires_at.millis(),
            signatures: to_json(&request.signatures)?,
        })
    }

    pub(crate) fn parse(self) -> Result<(RequestId, SigningRequest), StoreError> {
        const TABLE: &str = "signing_request";
        let payload_hash = Hash::try_from(self.payload_hash.as_slice())
            .map_err(|error| StoreError::Row(TABLE, error.to_string()))?;
        let request = SigningRequest {
            state: parsed(TABLE, &self.state)?,
            payload: self.payload,
            payload_hash,
            applicant: number(TABLE, self.applicant_id)?,
            expires_at: Time::from_millis(self.expires_at),
            signatures: json(TABLE, &self.signatures)?,
        };
        Ok((number(TABLE, self.request_id)?, request))
    }
}

impl ReservationRow {
    pub(crate) fn of(
        institution: InstitutionId,
        key: (RequestId, Serial),
        held: &Reservation,
    ) -> Self {
        Self {
            institution_id: institution.get(),
            request_id: key.0.get(),
            serial: key.1.get(),
            amount: held.amount,
            expires_at: held.expires_at.millis(),
        }
    }

    pub(crate) fn parse(self) -> Result<((RequestId, Serial), Reservation), StoreError> {
        const TABLE: &str = "reservation";
        let held = Reservation {
            amount: self.amount,
            expires_at: Time::from_millis(self.expires_at),
        };
        Ok((
            (number(TABLE, self.request_id)?, number(TABLE, self.serial)?),
            held,
        ))
    }
}

impl ImportRow {
    pub(crate) fn of(
        institution: InstitutionId,
        id: ImportId,
        import: &Import,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            import_id: id.get(),
            state: import.state.as_str().to_owned(),
            file: import.file.clone(),
            file_sha256: import.file_sha256.clone(),
            sheet: import.sheet.clone(),
            row_count: import.rows,
            containers: import.containers,
            errors: import.errors,
            parts: import.parts,
            signed: import.signed,
            person_id: import.person.get(),
            acceptors: to_json(&import.acceptors)?,
            undone_by: import.undone_by.map(PersonId::get),
            reason: import.reason.clone(),
            stopped: import.stopped.clone(),
        })
    }

    pub(crate) fn parse(self) -> Result<(ImportId, Import), StoreError> {
        const TABLE: &str = "import_job";
        let undone_by = self.undone_by.map(|person| number(TABLE, person));
        let import = Import {
            state: parsed(TABLE, &self.state)?,
            file: self.file,
            file_sha256: self.file_sha256,
            sheet: self.sheet,
            rows: self.row_count,
            containers: self.containers,
            errors: self.errors,
            parts: self.parts,
            signed: self.signed,
            person: number(TABLE, self.person_id)?,
            acceptors: json(TABLE, &self.acceptors)?,
            undone_by: undone_by.transpose()?,
            reason: self.reason,
            stopped: self.stopped,
        };
        Ok((number(TABLE, self.import_id)?, import))
    }
}

impl ImportPartRow {
    pub(crate) fn of(institution: InstitutionId, key: (ImportId, u32), body: &str) -> Self {
        Self {
            institution_id: institution.get(),
            import_id: key.0.get(),
            part: i64::from(key.1),
            body: body.to_owned(),
        }
    }

    pub(crate) fn parse(self) -> Result<(u32, Part), StoreError> {
        const TABLE: &str = "import_part";
        Ok((number(TABLE, self.part)?, json(TABLE, &self.body)?))
    }
}
