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

/// The address of what a figure is made of: products of institutions, or what is in the only one.
pub(super) fn way(county: &County, regions: &Regions, what: &Narrowed, at: At) -> String {
    let mut sites = county.sites.iter();
    let site = sites.find(|site| what.institution == Some(site.institution));
    if let Some(site) = site {
        let way = Way {
            as_of: county.as_of,
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
    let heads = match what.region {
        Some(region) => county.part(regions, region, what.right_in).heads(),
        None => county.heads(),
    };
    let as_of = county.as_of;
    format!("/api/v1/counts?by=product{parameters}&at={at}&as_of={as_of}&heads={heads}")
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
