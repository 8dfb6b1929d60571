//! Numbers that are compared with a limit of the law: fractions, exact, never rounded before a comparison
//! (RULES 3.12).

use std::{fmt, iter::Sum, ops::Add, str::FromStr};

use num_bigint::BigInt;
use num_rational::BigRational;
use serde::{Serialize, Serializer};

/// Most digits before and behind the point of a number that is read.
const MOST_DIGITS: usize = 15;

/// A fraction of whole numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(BigRational);

/// Text that is no number of at most fifteen digits before and behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number such as 12.5, of at most 15 digits before and behind the point")]
pub struct NoNumber;

impl Exact {
    /// A whole number.
    #[must_use]
    pub fn whole(number: i64) -> Self {
        Self(BigRational::from_integer(number.into()))
    }

    /// The product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        Self(&self.0 * &other.0)
    }

    /// The quotient; none by zero.
    #[must_use]
    pub fn over(&self, other: &Self) -> Option<Self> {
        (*other != Self::whole(0)).then(|| Self(&self.0 / &other.0))
    }

    /// So many decimals, rounded half to even: for people, never for a comparison.
    #[must_use]
    pub fn rounded(&self, decimals: u32) -> String {
        let scale = BigInt::from(10).pow(decimals);
        let scaled = &self.0 * BigRational::from_integer(scale);
        let (whole, two) = (scaled.floor().to_integer(), BigInt::from(2));
        let rest = (&scaled - BigRational::from_integer(whole.clone()))
            * BigRational::from_integer(two.clone());
        let one = BigRational::from_integer(1.into());
        let is_up = rest > one || (rest == one && &whole % &two != BigInt::ZERO);
        pointed(&(whole + BigInt::from(i32::from(is_up))), decimals)
    }

    /// As a decimal with a last digit; none of a third.
    #[must_use]
    pub fn decimal(&self) -> Option<String> {
        let (mut rest, mut decimals) = (self.0.denom().clone(), [0_u32; 2]);
        for (prime, count) in [2_u8, 5].into_iter().zip(&mut decimals) {
            let prime = BigInt::from(prime);
            while &rest % &prime == BigInt::ZERO {
                rest /= &prime;
                *count += 1;
            }
        }
        let places = decimals.into_iter().max().unwrap_or_default();
        (rest == BigInt::from(1)).then(|| {
            let scaled = &self.0 * BigRational::from_integer(BigInt::from(10).pow(places));
            pointed(&scaled.to_integer(), places)
        })
    }
}

/// A whole number with the point so many digits from its end.
fn pointed(number: &BigInt, decimals: u32) -> String {
    let decimals = usize::try_from(decimals).unwrap_or(usize::MAX);
    let digits = format!("{number:0>width$}", width = decimals.saturating_add(1));
    let (whole, rest) = digits.split_at(digits.len().saturating_sub(decimals));
    if rest.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{rest}")
    }
}

impl fmt::Display for Exact {
    /// A decimal where it ends, else a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decimal() {
            Some(decimal) => f.write_str(&decimal),
            None => write!(f, "{}/{}", self.0.numer(), self.0.denom()),
        }
    }
}

impl FromStr for Exact {
    type Err = NoNumber;

    /// Not negative.
    fn from_str(text: &str) -> Result<Self, NoNumber> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str| {
            (1..=MOST_DIGITS).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole) || !is_number(rest) {
            return Err(NoNumber);
        }
        let digits: BigInt = format!("{whole}{rest}").parse().map_err(|_| NoNumber)?;
        let places = u32::try_from(rest.len()).map_err(|_| NoNumber)?;
        Ok(Self(BigRational::new(digits, BigInt::from(10).pow(places))))
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Add for Exact {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::whole(0), Add::add)
    }
}
