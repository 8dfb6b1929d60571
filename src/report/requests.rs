//! 待签申请: what is waiting for signatures, and what has become of it.

use serde::Serialize;

use super::{Page, Query, Scope, positions::hides_payload};
use crate::{
    domain::{
        ids::{PersonId, RequestId},
        ledger::Part,
        merkle::Hash,
        refusal::Refusal,
        request::{RequestState, SigningRequest, spoken},
        signature::Signature,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups,
        schema::SigningRequestRow,
        table::{Cell, select},
    },
};

/// Asks for the signing requests of an institution, by number.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Only those that can still be signed.
    pub open: bool,
    /// Only those after this one.
    pub after: Option<RequestId>,
    /// Most lines.
    pub limit: usize,
}

/// A signing request as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct RequestLine {
    /// Its number.
    pub request: RequestId,
    /// How it stands now.
    pub state: RequestState,
    /// Who asked.
    pub applicant: PersonId,
    /// The exact payload, canonical JSON: what is signed.
    pub payload: String,
    /// SHA-256 of it, base64.
    pub payload_hash: Hash,
    /// The same as six groups to compare.
    pub code: String,
    /// Until when it can be signed.
    pub expires_at: Time,
    /// The signatures so far.
    pub signatures: Vec<SignatureLine>,
}

/// A signature on a request.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureLine {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// In which part.
    pub part: Part,
    /// When.
    pub signed_at: Time,
}

impl RequestLine {
    /// The request as it stands at that moment.
    #[must_use]
    pub fn of(id: RequestId, request: &SigningRequest, now: Time) -> Self {
        let statements = request.signatures.iter().map(Signature::statement);
        let signatures = statements.map(|statement| SignatureLine {
            person: statement.signer.person,
            name: statement.signer.name.clone(),
            part: statement.part,
            signed_at: statement.signed_at,
        });
        Self {
            request: id,
            state: request.state_at(now),
            applicant: request.applicant,
            payload: request.payload.clone(),
            payload_hash: request.payload_hash,
            code: spoken(request.payload_hash),
            expires_at: request.expires_at,
            signatures: signatures.collect(),
        }
    }

    /// Whether it is over and says where something stands that the asker is not told.
    fn is_hidden(&self, conn: &mut Db, scope: &Scope) -> Result<bool, StoreError> {
        let is_open = matches!(
            self.state,
            RequestState::Reserved | RequestState::SignedInPart
        );
        Ok(!is_open && hides_payload(conn, scope, &self.payload)?)
    }
}

impl Query for Requests {
    type Answer = Page<RequestLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let after = self.after.map_or(-1, RequestId::get);
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let rows: Vec<SigningRequestRow> = select(
            conn,
            "WHERE institution_id = ? AND request_id > ? \
             AND (? = 0 OR (state IN ('reserved', 'signed_in_part') AND expires_at > ?)) \
             ORDER BY request_id LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&after),
                Cell::Int(&i64::from(self.open)),
                Cell::Int(&scope.now.millis()),
                Cell::Int(&limit),
            ],
        )?;
        let full = rows.len() == self.limit;
        let last = rows.last().filter(|_| full);
        let next = last.map(|row| row.request_id.to_string());
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let (id, request) = row.parse()?;
            let line = RequestLine::of(id, &request, scope.now);
            if !line.is_hidden(conn, scope)? {
                items.push(line);
            }
        }
        Ok(Page {
            next,
            items,
            total: None,
            as_of_seq: None,
        })
    }
}

/// Asks for one signing request.
#[derive(Clone, Copy, Debug)]
pub struct OneRequest(pub RequestId);

impl Query for OneRequest {
    type Answer = Result<RequestLine, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let Some(found) = lookups::signing_request(conn, scope.institution, self.0)? else {
            return Ok(Err(Refusal::RequestUnknown { request: self.0 }));
        };
        let line = RequestLine::of(self.0, &found, scope.now);
        Ok(if line.is_hidden(conn, scope)? {
            Err(Refusal::PositionWithheld {})
        } else {
            Ok(line)
        })
    }
}
