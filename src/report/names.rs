//! What things are called, for sentences that name them by number.

use super::{Query, Scope, person_name};
use crate::{
    domain::naming::{Named, Names},
    store::{StoreError, conn::Db},
};

/// Asks for the names of some things; what the institution does not have, has none.
#[derive(Clone, Debug)]
pub struct NamesOf(pub Vec<Named>);

impl Query for NamesOf {
    type Answer = Names;
    const POINT: bool = true;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Names, StoreError> {
        let facts = scope.snapshot(conn)?.facts;
        let register = &facts.register;
        let name = |named: Named| match named {
            Named::Person(person) => person_name(&facts, person),
            Named::Place(place) => register.places.get(place).map(|place| place.name.clone()),
            Named::Product(product) => register
                .products
                .get(product)
                .map(|product| product.name.clone()),
            Named::Department(department) => register
                .departments
                .get(department)
                .map(|department| department.name.clone()),
        };
        let found = self.0.into_iter();
        Ok(found
            .filter_map(|named| Some((named, name(named)?)))
            .collect())
    }
}
