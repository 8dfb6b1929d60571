//! Signing requests: made, shown, signed by people who prove themselves at that moment.

use super::{App, AppError, Key, Login, Principal, Secrets, session::random};
use crate::{
    auth::{proof::prove, secret},
    domain::{
        canonical,
        ids::{RequestId, Seq},
        ledger::{Actor, Part},
        merkle::Hash,
        refusal::Refusal,
        request::{Payload, Proposal, SigningRequest},
        signature::{Signature, Signer, Statement, Tier, meaning},
        verb::{Countersign, Forgive, Request, Sign, Withdraw},
    },
    store::{lookups, writer::Command},
};

/// What a signer presents.
#[derive(Clone)]
pub struct Proof {
    /// Staff number or badge.
    pub login: Login,
    /// The secret; never logged.
    pub secret: String,
    /// In which part the person signs.
    pub part: Part,
}

/// What is signed, and by whom.
#[derive(Clone)]
pub struct Signing {
    /// The request.
    pub id: RequestId,
    /// The hash that the signers saw.
    pub payload_hash: Hash,
    /// One or more proofs.
    pub proofs: Vec<Proof>,
}

/// A request as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its number.
    pub id: RequestId,
    /// How it stands.
    pub request: SigningRequest,
}

impl App {
    /// Makes a request and answers it as it is to be shown.
    ///
    /// # Errors
    /// What the movement would be refused for; [`Refusal::SigningNotNeeded`].
    pub async fn request_signatures(
        &self,
        who: &Principal,
        request: &str,
        key: Option<Key>,
        proposal: Proposal,
    ) -> Result<(Shown, bool), AppError> {
        let id =
            RequestId::try_from(i64::from_be_bytes(random()?) & i64::MAX).unwrap_or(RequestId::MAX);
        let nonce = format!("{:032x}", u128::from_be_bytes(random()?));
        let command = Command {
            institution: who.institution,
            actor: who.actor(),
            request: request.to_owned(),
            // The number is random: a repeat must find the first one again.
            key,
            verb: Box::new(Request {
                id,
                proposal,
                nonce,
            }),
            answer: |done| {
                done.request
                    .map(|request| request.to_string())
                    .unwrap_or_default()
            },
        };
        let (answer, replayed) = match self.submit(command).await {
            Err(error) => return Err(self.explained(who, error).await?),
            Ok(done) => done,
        };
        let id = answer.parse().map_err(|_| Refusal::Inconsistent {
            what: "number of a request",
        })?;
        Ok((self.signing_request(who, id).await?, replayed))
    }

    /// A request of the institution.
    ///
    /// # Errors
    /// [`Refusal::RequestUnknown`].
    pub async fn signing_request(&self, who: &Principal, id: RequestId) -> Result<Shown, AppError> {
        let institution = who.institution;
        let found = self
            .readers
            .point(move |conn| lookups::signing_request(conn, institution, id))
            .await?;
        let request = found.ok_or(Refusal::RequestUnknown { request: id })?;
        Ok(Shown { id, request })
    }

    /// Signs a request. Answers the posted entry's answer,
    /// or nothing while signatures are still missing.
    ///
    /// # Errors
    /// [`Refusal::SignInRefused`] when any proof fails: nothing is signed then.
    pub async fn sign(
        &self,
        who: &Principal,
        request: &str,
        key: Option<Key>,
        signing: Signing,
        answer: fn(super::Done<'_>) -> String,
    ) -> Result<(String, bool), AppError> {
        let Signing {
            id,
            payload_hash,
            proofs,
        } = signing;
        let shown = self.signing_request(who, id).await?;
        let payload: Payload =
            canonical::parse(shown.request.payload.as_bytes()).map_err(|_| {
                Refusal::Inconsistent {
                    what: "payload of a request",
                }
            })?;
        let signatures = self.sign_all(who, payload_hash, proofs).await?;
        let emergency = matches!(payload.proposal, Proposal::Release(_));
        let verb = Sign {
            request: id,
            payload_hash,
            proposal: payload.proposal,
            after_head: i64::try_from(payload.head.size)
                .ok()
                .and_then(|seq| Seq::try_from(seq).ok()),
            signatures,
            key: self.keys.signatures(),
        };
        let (answer, replayed) = self
            .execute(who, request, key, Box::new(verb), answer)
            .await?;
        if emergency && !replayed && answer != "{}" {
            tracing::warn!(
                institution = %who.institution,
                request = %id,
                answer,
                "emergency release: two others have to countersign it within 24 h"
            );
        }
        Ok((answer, replayed))
    }

    /// Countersigns an emergency release with proofs over that hash; answers the entry's answer.
    ///
    /// # Errors
    /// [`Refusal::SignInRefused`] when any proof fails; what the countersignature is refused for.
    pub async fn countersign(
        &self,
        who: &Principal,
        request: &str,
        key: Option<Key>,
        entry: Seq,
        (payload_hash, proofs): (Hash, Vec<Proof>),
        answer: fn(super::Done<'_>) -> String,
    ) -> Result<(String, bool), AppError> {
        let signatures = self.sign_all(who, payload_hash, proofs).await?;
        let verb = Countersign { entry, signatures };
        self.execute(who, request, key, Box::new(verb), answer)
            .await
    }

    async fn sign_all(
        &self,
        who: &Principal,
        payload_hash: Hash,
        proofs: Vec<Proof>,
    ) -> Result<Vec<Signature>, AppError> {
        let mut signatures = Vec::with_capacity(proofs.len());
        for proof in proofs {
            signatures.push(self.sign_as(who, payload_hash, proof).await?);
        }
        Ok(signatures)
    }

    /// Authenticates one signer at this moment: the try is counted first, then the secret is checked.
    async fn sign_as(
        &self,
        who: &Principal,
        payload_hash: Hash,
        proof: Proof,
    ) -> Result<Signature, AppError> {
        let institution = who.institution;
        let given = Secrets {
            institution,
            login: proof.login,
            secret: proof.secret,
            asker: who.actor(),
        };
        let (person, claimant) = self.claimed(&given).await?;
        let asker = given.asker;
        let _turn = self.count_try(institution, asker.clone(), claimant).await?;
        let stored = match person.as_ref().map(|person| person.id) {
            Some(person) => {
                self.readers
                    .point(move |conn| lookups::secret(conn, institution, person))
                    .await?
            }
            None => None,
        };
        let found = person.zip(stored);
        let forgiven = found.as_ref().map(|(person, stored)| {
            let actor = Actor {
                person: Some(person.id),
                name: person.name.clone(),
                ..asker.clone()
            };
            let forgive = Forgive {
                person: person.id,
                claimant,
                secret_version: stored.version,
            };
            (actor, forgive)
        });
        let known = found.as_ref().map(|(person, _)| person.id);
        let pepper = self.keys.pepper_of(institution, known);
        let key = self.keys.signatures();
        let terminal = who.terminal.clone();
        let now = self.now();
        let proven = self.hasher.run(move |cost| {
            let Some((person, stored)) = found else {
                // As long as for a known person: a wrong badge cannot be told from a wrong PIN.
                drop(secret::hash(&given.secret, &pepper, cost));
                return None;
            };
            let statement = Statement {
                payload_hash,
                signer: Signer::of(&person),
                part: proof.part,
                meaning: meaning(proof.part).to_owned(),
                signed_at: now,
                terminal,
                tier: Tier::B,
                secret_version: stored.version,
            };
            prove(&given.secret, &stored, &pepper, &key, statement)
        });
        let proven = proven.await?;
        let (Some(signature), Some((actor, forgive))) = (proven, forgiven) else {
            self.count_wrong(institution, asker, claimant.subject)
                .await?;
            return Err(Refusal::SignInRefused {}.into());
        };
        self.desk(institution, actor, Box::new(forgive)).await?;
        Ok(signature)
    }

    /// Withdraws a request, or refuses it.
    ///
    /// # Errors
    /// [`Refusal::RequestClosed`], [`Refusal::NotPermitted`].
    pub async fn withdraw(
        &self,
        who: &Principal,
        id: RequestId,
        refuse: bool,
    ) -> Result<(), AppError> {
        self.desk(
            who.institution,
            who.actor(),
            Box::new(Withdraw {
                request: id,
                refuse,
            }),
        )
        .await
    }
}
