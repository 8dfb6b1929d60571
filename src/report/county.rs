//! 辖区: the institutions that a bureau sums over, each at one moment with the head of its ledger, and what
//! there was in each.
//!
//! The present is read of totals, never of containers: a row a product (`product_total`), or a row a place
//! and product (`place_total`) where places matter. A past moment is the present without what each
//! institution has written since.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::NaiveDate;
use serde::Serialize;

use super::{Scope, add, counts::AsOf, hash, lists::Stamp, moment::head_at, whereabouts::Between};
use crate::{
    domain::{
        canonical::sha256,
        catalogue::Regions,
        facts::Total,
        ids::{InstitutionId, PlaceId, ProductId, RegionCode},
        institution::Institution,
        ledger::Head,
        product::Product,
        refusal::Refusal,
        time::Time,
        usage::Spot,
    },
    store::{
        StoreError,
        balances::nearest,
        conn::Db,
        lookups, rows,
        schema::{LogHeadRow, PlaceTotalRow},
        table::{Cell, select},
    },
};

/// Which region is asked for, and when.
#[derive(Clone, Debug)]
pub struct CountyOf {
    /// The tree of regions.
    pub regions: Arc<Regions>,
    /// This part of the bureau's region; all of it if absent.
    pub region: Option<RegionCode>,
    /// Only institutions right in it, in no division below.
    pub right_in: bool,
    /// Of which moment.
    pub as_of: AsOf,
}

/// An institution at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct Site {
    /// Its number.
    pub institution: InstitutionId,
    /// Full name.
    pub name: String,
    /// The code on that day of the division that it lies in.
    pub region: RegionCode,
    /// Its ledger at that moment.
    pub head: Head,
    /// How many entries it has now.
    #[serde(skip)]
    pub all: i64,
    /// The institution.
    #[serde(skip)]
    pub of: Institution,
}

impl Site {
    /// Entries at the moment.
    pub(super) fn size(&self) -> i64 {
        i64::try_from(self.head.size).unwrap_or(i64::MAX)
    }
}

/// The institutions of a region at a moment.
#[derive(Clone, Debug)]
pub struct County {
    /// The region.
    pub region: RegionCode,
    /// The moment.
    pub as_of: Time,
    /// By number.
    pub sites: Vec<Site>,
}

impl County {
    /// The day of the moment: classes and codes are those in force on it.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.as_of.china_day()
    }

    /// The same of a part of it: a region in it, or what lies right in that one.
    #[must_use]
    pub fn part(&self, regions: &Regions, region: RegionCode, right_in: bool) -> Self {
        let lies_in = |site: &&Site| {
            let is_below = right_in && site.region != region;
            !is_below && regions.lies_in(site.region, region, self.day())
        };
        Self {
            region,
            as_of: self.as_of,
            sites: self.sites.iter().filter(lies_in).cloned().collect(),
        }
    }

    /// What the heads are, in one text: with the moment it names exactly the ledgers that were counted.
    #[must_use]
    pub fn heads(&self) -> String {
        let line = |site: &Site| {
            let Head { size, root } = site.head;
            format!("{} {size} {}\n", site.institution, root.to_hex())
        };
        let lines: String = self.sites.iter().map(line).collect();
        sha256(lines.as_bytes()).to_hex()
    }

    /// The region, the days, and the first digits of all heads, for the name of a file.
    pub(super) fn stamp(&self, days: &str) -> Stamp {
        let heads: String = self.heads().chars().take(16).collect();
        Stamp::Region(format!("{}-{days}-{heads}", self.region))
    }
}

/// The same reader within another institution.
pub(super) fn within(scope: &Scope, institution: InstitutionId) -> Scope {
    Scope {
        institution,
        now: scope.now,
        registers: Arc::clone(&scope.registers),
        is_passing: true,
        withheld: scope.withheld.clone(),
    }
}

impl CountyOf {
    /// The institutions that lay in the region at the moment and had been founded.
    ///
    /// # Errors
    /// [`Refusal::MomentInFuture`], [`Refusal::RegionUnknown`], [`Refusal::RegionNotInForce`].
    pub(super) fn resolved(
        &self,
        conn: &mut Db,
        scope: &Scope,
    ) -> Result<Result<County, Refusal>, StoreError> {
        let (behind, as_of) = match self.as_of.bounds(scope) {
            Ok(bounds) => bounds,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let day = as_of.china_day();
        let founded = lookups::institutions(conn)?;
        let own = founded.iter().find(|one| one.id == scope.institution);
        let own = own.ok_or_else(|| StoreError::Row("institution", "none".to_owned()))?;
        let whole = self.regions.code_on(own.region, day);
        let region = self.region.unwrap_or(whole);
        if let Err(error) = self.regions.on(region, day) {
            return Ok(Err(Refusal::of_region(region, day, error)));
        }
        if !self.regions.lies_in(region, whole, day) {
            return Ok(Err(Refusal::RegionUnknown { region }));
        }
        let heads: Vec<LogHeadRow> = select(conn, "WHERE log = 0 AND institution_id > 0", &[])?;
        let heads: HashMap<i64, LogHeadRow> = heads
            .into_iter()
            .map(|head| (head.institution_id, head))
            .collect();
        let mut sites = Vec::new();
        for one in founded {
            let code = self.regions.code_on(one.region, day);
            let is_below = code != region && self.right_in;
            if is_below || !self.regions.lies_in(code, region, day) {
                continue;
            }
            let last = heads.get(&one.id.get());
            let last = last.ok_or_else(|| StoreError::Row("log_head", "none".to_owned()))?;
            let there = within(scope, one.id);
            let size = match behind {
                Some(behind) if behind.millis() <= last.recorded_at => {
                    super::moment::size_before(conn, &there, behind, last.size)?
                }
                Some(_) | None => last.size,
            };
            if size == 0 {
                continue;
            }
            let head = if size == last.size {
                Head {
                    size: rows::number("log_head", size)?,
                    root: hash(&last.root)?,
                }
            } else {
                head_at(conn, &there, size)?
            };
            sites.push(Site {
                institution: one.id,
                name: one.name.clone(),
                region: code,
                head,
                all: last.size,
                of: one,
            });
        }
        Ok(Ok(County {
            region,
            as_of,
            sites,
        }))
    }
}

/// Where something of an institution is, as far as a sum over many asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Where {
    /// At some place of it.
    Places,
    /// At this place.
    Place(PlaceId),
    /// With persons.
    Persons,
}

impl Where {
    fn of(spot: Spot, by_place: bool) -> Self {
        match spot {
            Spot::Place(place) if by_place => Self::Place(place),
            Spot::Place(_) => Self::Places,
            Spot::Persons => Self::Persons,
        }
    }
}

/// What there was in an institution, and of which products.
pub(super) struct Stood {
    /// By where and product; nothing is left out but what was nothing.
    pub totals: BTreeMap<(Where, ProductId), Total>,
    /// The products.
    pub products: HashMap<ProductId, Product>,
}

impl Stood {
    /// Reads it; place by place where that matters.
    pub(super) fn read(
        conn: &mut Db,
        scope: &Scope,
        site: &Site,
        by_place: bool,
    ) -> Result<Self, StoreError> {
        let (id, counted) = (site.institution, site.size());
        let mut totals: BTreeMap<(Where, ProductId), Total> = BTreeMap::new();
        let mut products = HashMap::new();
        // A balance is as good as the present, and often nearer.
        let balance = (counted < site.all)
            .then(|| nearest(conn, id, counted, site.all))
            .transpose()?
            .flatten();
        for (product, total) in lookups::product_totals(conn, id)? {
            let product_id = product.id;
            products.insert(product_id, product);
            if balance.is_none() {
                totals.insert((Where::Persons, product_id), total.with_persons);
            }
            if balance.is_none() && !by_place {
                totals.insert((Where::Places, product_id), total.at_places);
            }
        }
        let known = if let Some((known, balance)) = balance {
            for ((spot, product), total) in balance {
                let sum = totals.entry((Where::of(spot, by_place), product));
                let sum = sum.or_default();
                sum.containers += total.containers;
                add(&mut sum.amount, total.amount)?;
            }
            known
        } else {
            if by_place {
                let clause = "WHERE institution_id = ? ORDER BY place_id, product_id";
                for row in select::<PlaceTotalRow>(conn, clause, &[Cell::Int(&id.get())])? {
                    let ((place, product), total) = row.parse()?;
                    totals.insert((Where::Place(place), product), total);
                }
            }
            site.all
        };
        let between = Between::read(conn, &within(scope, id), known, counted)?;
        between.go(&mut totals, |(spot, product)| {
            (Where::of(spot, by_place), product)
        })?;
        totals.retain(|_, total| total.containers != 0 || total.amount != 0);
        Ok(Self { totals, products })
    }

    /// What is where, with its product.
    pub(super) fn iter(
        &self,
    ) -> impl Iterator<Item = Result<(Where, &Product, Total), StoreError>> {
        self.totals.iter().map(|((at, id), total)| {
            let product = self.products.get(id);
            let none = || StoreError::Row("product_total", format!("no product {id}"));
            Ok((*at, product.ok_or_else(none)?, *total))
        })
    }
}
