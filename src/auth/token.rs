//! Access tokens: short-lived, one algorithm, and of no value without the live session they name.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind, Result},
};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use signature::{Signer, Verifier};

use crate::domain::{
    desk::SessionId,
    ids::{InstitutionId, PersonId},
    time::Time,
};

/// Seconds that a token lives: 15 min.
pub const LIFE_SECONDS: i64 = 15 * 60;

const AUDIENCE: &str = "hazledger";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The person.
    pub sub: PersonId,
    /// The institution.
    pub inst: InstitutionId,
    /// The session, 32 hex digits.
    pub sid: String,
    /// For whom: this program.
    pub aud: String,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Ends at, Unix seconds.
    pub exp: i64,
}

impl Claims {
    /// The session named.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        (self.sid.len() == 32)
            .then(|| SessionId::from_str_radix(&self.sid, 16).ok())
            .flatten()
    }
}

/// Makes and reads tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Tokens {
    /// Tokens under a key.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        // Only the first call in a process installs it; a second one finds the same provider there.
        let _first = PROVIDER.install_default();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        // The clock is a value: the caller checks the end against it.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
            validation,
        }
    }

    /// A token for a session.
    ///
    /// # Errors
    /// Never with the key and algorithm used here.
    pub fn issue(
        &self,
        institution: InstitutionId,
        person: PersonId,
        session: SessionId,
        now: Time,
    ) -> Result<String> {
        let issued = now.millis().div_euclid(1000);
        let claims = Claims {
            sub: person,
            inst: institution,
            sid: format!("{session:032x}"),
            aud: AUDIENCE.to_owned(),
            iat: issued,
            exp: issued.saturating_add(LIFE_SECONDS),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    /// What a token says, if it is ours and has not ended.
    #[must_use]
    pub fn read(&self, token: &str, now: Time) -> Option<Claims> {
        if token.len() > 2048 {
            return None;
        }
        let data = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?;
        (now.millis().div_euclid(1000) < data.claims.exp).then_some(data.claims)
    }
}

/// HMAC-SHA-256 and nothing else: the library's own back ends bring RSA along.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Hs256::new(*algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self> {
        if algorithm != Algorithm::HS256 {
            return Err(Error::from(ErrorKind::InvalidAlgorithm));
        }
        Hmac::new_from_slice(key)
            .map(Self)
            .map_err(|_| Error::from(ErrorKind::InvalidKeyFormat))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(
        &self,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> std::result::Result<(), signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.verify_slice(signature)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
