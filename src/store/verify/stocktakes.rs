//! Stocktakes, rebuilt and compared.

use crate::domain::stocktake::Takings;

use super::{
    super::{
        StoreError,
        conn::Db,
        schema::{StocktakeRow, StrayRow, TallyRow},
    },
    Walk,
};

impl Walk<'_> {
    pub(super) fn stocktakes(
        &mut self,
        conn: &mut Db,
        takings: &Takings,
    ) -> Result<(), StoreError> {
        let id = self.institution;
        let stocktakes = takings.stocktakes.iter();
        let rows = stocktakes.map(|(_, running)| StocktakeRow::of(id, running));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let tallies = takings.tallies.iter();
        let rows = tallies.map(|(key, tally)| TallyRow::of(id, *key, tally));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let strays = takings.strays.iter();
        let rows = strays.map(|((stocktake, _), stray)| StrayRow::of(id, *stocktake, stray));
        self.compare(conn, rows.collect())
    }
}
