//! What signers present: who they are, and their secrets.

use std::collections::BTreeSet;

use super::{body::body, limits::Limits, problem::Problem};
use crate::{
    app::{Login, Principal, Proof},
    domain::ledger::Part,
};

/// Most proofs in one call: two issuers and two receivers at one desk.
const MOST: usize = 4;

body! {
    /// Who proves to be whom.
    SignerBody {
        /// 工号, or `badge`.
        login: Option<String>,
        /// What was scanned from the badge.
        badge: Option<String>,
        /// The secret.
        secret: String,
    }
}

/// The proofs of different people, few enough, each taken from the bucket of whoever sends them: a
/// secret costs as much to check as a sign-in.
///
/// # Errors
/// [`Problem::Fields`], [`Problem::TooManyRequests`].
pub fn proofs(
    given: Vec<(SignerBody, Part)>,
    who: &Principal,
    limits: &Limits,
) -> Result<Vec<Proof>, Problem> {
    if given.len() > MOST {
        return Err(Problem::field(
            "/proofs",
            "too_many_proofs",
            "一次最多提交4人的签名。",
            "At most 4 persons sign in one call.",
        ));
    }
    let mut seen = BTreeSet::new();
    let mut proofs = Vec::with_capacity(given.len());
    for (index, (signer, part)) in given.into_iter().enumerate() {
        let (code, login) = match (signer.login, signer.badge) {
            (Some(number), None) => (number.clone(), Login::StaffNumber(number)),
            (None, Some(badge)) => (badge.clone(), Login::Badge(badge)),
            (None, None) | (Some(_), Some(_)) => {
                return Err(Problem::field(
                    &format!("/proofs/{index}/login"),
                    "one_of_two",
                    "login 与 badge 须填其一。",
                    "Give either login or badge.",
                ));
            }
        };
        if !seen.insert(code) {
            return Err(Problem::field(
                &format!("/proofs/{index}/login"),
                "signer_named_twice",
                "同一人不能签两次。请由另一人签名。",
                "Nobody signs twice. Somebody else must sign.",
            ));
        }
        proofs.push(Proof {
            login,
            secret: signer.secret,
            part,
        });
    }
    for _ in &proofs {
        limits.signature(who)?;
    }
    Ok(proofs)
}
