//! The second person of an act, in the body of its request.

use super::{body::body, problem::Problem};
use crate::{
    app::{App, Login, Principal, Secrets},
    domain::verb::Second,
};

body! {
    /// The second person, who types their own secret.
    SecondBody {
        /// 工号, or `badge`.
        staff_number: Option<String>,
        /// What was scanned from the badge.
        badge: Option<String>,
        /// Their secret.
        secret: String,
    }
}

/// Proves the second person, if one is named.
///
/// # Errors
/// The secret is not accepted.
pub async fn prove(
    app: &App,
    who: &Principal,
    given: Option<SecondBody>,
) -> Result<Option<Second>, Problem> {
    let Some(given) = given else {
        return Ok(None);
    };
    let secrets = Secrets {
        institution: who.institution,
        login: login(given.staff_number, given.badge, "/second/staff_number")?,
        secret: given.secret,
        asker: who.actor(),
    };
    Ok(Some(app.second(secrets).await?))
}

/// A staff number or a badge, one of the two.
///
/// # Errors
/// [`Problem::Fields`] with `pointer` for none and for both.
pub fn login(
    staff_number: Option<String>,
    badge: Option<String>,
    pointer: &str,
) -> Result<Login, Problem> {
    match (staff_number, badge) {
        (Some(number), None) => Ok(Login::StaffNumber(number)),
        (None, Some(code)) => Ok(Login::Badge(code)),
        (None, None) | (Some(_), Some(_)) => Err(Problem::field(
            pointer,
            "one_of_two",
            "staff_number 与 badge 须填其一。",
            "Give either staff_number or badge.",
        )),
    }
}
