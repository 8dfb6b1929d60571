//! Where the addresses of a region's figures lead.

use super::figures::{Way, down};
use crate::{
    domain::{
        catalogue::Regions,
        ids::{InstitutionId, RegionCode},
    },
    report::{
        counts::{At, CountBy, GroupKey, Wanted},
        county::County,
    },
};

/// What a line of a region counts.
#[derive(Clone)]
pub(super) struct Narrowed {
    /// Only this part of the region.
    pub region: Option<RegionCode>,
    /// Only what lies right in that part.
    pub right_in: bool,
    /// Only this institution.
    pub institution: Option<InstitutionId>,
    /// Of each institution, what.
    pub within: Wanted,
}

/// The counts of a region, from which the addresses lead.
pub(super) struct Ways<'c> {
    /// The institutions.
    pub county: &'c County,
    /// All their heads in one text: reckoned once, since most figures are of all of them.
    pub heads: &'c str,
    /// What was asked for.
    pub all: &'c Narrowed,
    /// The tree of regions.
    pub regions: &'c Regions,
}

impl Ways<'_> {
    /// The address of what a figure is made of: products of institutions, or what is in the only one.
    pub fn down(&self, what: &Narrowed, at: At) -> String {
        let mut sites = self.county.sites.iter();
        let site = sites.find(|site| what.institution == Some(site.institution));
        if let Some(site) = site {
            let way = Way {
                as_of: self.county.as_of,
                size: site.head.size,
                kept: format!("&institution={}", site.institution),
            };
            return down(&what.within, at, &way);
        }
        let parameters = [
            what.region.map(|region| format!("&region={region}")),
            what.right_in.then(|| "&right_in=true".to_owned()),
            what.within.class.map(|class| format!("&class={class}")),
            (what.within.substance.as_ref()).map(|substance| format!("&substance={substance}")),
        ];
        let parameters: String = parameters.into_iter().flatten().collect();
        let is_all = (what.region, what.right_in) == (self.all.region, self.all.right_in);
        let heads = match what.region.filter(|_| !is_all) {
            Some(region) => {
                let part = self.county.part(self.regions, region, what.right_in);
                part.heads()
            }
            None => self.heads.to_owned(),
        };
        let as_of = self.county.as_of;
        format!("/api/v1/counts?by=product{parameters}&at={at}&as_of={as_of}&heads={heads}")
    }
}

impl Narrowed {
    /// What a line counts.
    pub(super) fn narrowed(&self, groups: &[GroupKey], around: RegionCode) -> Self {
        let mut to = self.clone();
        for GroupKey { by, key, .. } in groups {
            let (institution, of) = key.split_once('-').unwrap_or((key, ""));
            match by {
                CountBy::Region => {
                    to.region = key.parse().ok();
                    // What lies right in the region lies in no part of it.
                    to.right_in |= to.region == Some(around);
                }
                CountBy::Institution => to.institution = key.parse().ok(),
                CountBy::Class => to.within.class = key.parse().ok(),
                CountBy::Substance => to.within.substance = key.parse().ok(),
                CountBy::Place => {
                    to.institution = institution.parse().ok();
                    to.within.at = of.parse().ok();
                }
                CountBy::Product => {
                    to.institution = institution.parse().ok();
                    to.within.product = of.parse().ok();
                }
            }
        }
        to
    }
}
