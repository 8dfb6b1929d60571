//! Everything of one kind, line by line over one instant: what leaves the program as a file.

mod controlled;
mod purchases;

use chrono::NaiveDate;

use super::{Scope, hash, moment::head_at, path, person_name, product, quantity, stock};
use crate::{
    domain::{
        facts::Facts,
        ids::Label,
        institution::Origin,
        ledger::{Entry, Head},
        product::Product,
        quantity::Quantity,
        words::words,
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::{ContainerRow, EntryRow, LogHeadRow, StandingRow},
        table::{Cell, select},
    },
};

/// Rows read at a time: this bounds the memory that an export takes.
const PAGE: i64 = 1_000;

words! {
    /// What is exported.
    Subject {
        /// 台账: every entry.
        Ledger = "ledger" "台账",
        /// 流水: every posting.
        Lines = "lines" "台账流水",
        /// 库存: what stands where, summed by place and product.
        Stock = "stock" "库存",
        /// 容器: every container as it stands.
        Containers = "containers" "容器",
        /// 采购台账: every purchase request, its approval, orders and what has come.
        Purchases = "purchases" "采购台账",
        /// 双人台账: of what two persons keep, every line with its balance and both names.
        Controlled = "controlled" "双人台账",
    }
}

impl Subject {
    /// The columns: the key for programs, the heading for people.
    #[must_use]
    pub const fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Ledger => &[
                ("origin", "数据性质"),
                ("seq", "序号"),
                ("kind", "业务"),
                ("recorded_at", "记录时间"),
                ("occurred_at", "发生时间"),
                ("actor", "操作人"),
                ("reason", "事由"),
                ("containers", "容器数"),
                ("leaf_hash", "叶哈希"),
            ],
            Self::Stock => &[
                ("origin", "数据性质"),
                ("place", "存放地点"),
                ("name", "品名"),
                ("qualifier", "含量或规格"),
                ("cas", "CAS号"),
                ("classes", "管控类别"),
                ("containers", "容器数"),
                ("amount", "数量"),
            ],
            Self::Containers => &[
                ("origin", "数据性质"),
                ("label", "标签号"),
                ("status", "状态"),
                ("name", "品名"),
                ("qualifier", "含量或规格"),
                ("cas", "CAS号"),
                ("classes", "管控类别"),
                ("amount", "数量"),
                ("place", "存放地点"),
                ("holder", "持有人"),
                ("lot", "批号"),
                ("maker", "生产厂家"),
                ("supplier", "供货单位"),
                ("expires_on", "有效期至"),
            ],
            // Its columns are those of the list.
            Self::Lines => &[],
            Self::Purchases => purchases::COLUMNS,
            Self::Controlled => controlled::COLUMNS,
        }
    }
}

/// One line on its way out.
pub struct Line {
    /// The cells, in the order of [`Subject::columns`].
    pub cells: Vec<String>,
    /// The stored bytes of an entry: canonical JSON.
    pub bytes: Option<Vec<u8>>,
}

/// Of which state of which ledger an export is.
#[derive(Clone, Debug)]
pub struct Edition {
    /// The institution.
    pub institution: String,
    /// Whether the data is real.
    pub origin: Origin,
    /// The head of the ledger.
    pub head: Head,
}

/// Where the lines go; it also hears how many there will be.
pub(crate) type Sink<'s, E> = &'s mut dyn FnMut(Line, u64) -> Result<(), E>;

impl Edition {
    /// That of the institution with its ledger at that head.
    pub(super) fn at(facts: &Facts, head: Head) -> Result<Self, StoreError> {
        let none = || StoreError::Row("institution", "none".to_owned());
        let institution = facts.register.institution.as_ref().ok_or_else(none)?;
        Ok(Self {
            institution: institution.name.clone(),
            origin: institution.origin,
            head,
        })
    }
}

/// The state of the ledger on this connection.
pub(crate) fn edition(conn: &mut Db, scope: &Scope) -> Result<Edition, StoreError> {
    let snapshot = scope.snapshot(conn)?;
    let head = head_at(conn, scope, snapshot.as_of_seq.get() + 1)?;
    Edition::at(&snapshot.facts, head)
}

/// Sends every line of the subject.
///
/// # Errors
/// When the database cannot be read, or the sink takes no more.
pub(crate) fn lines<E: From<StoreError>>(
    conn: &mut Db,
    scope: &Scope,
    subject: Subject,
    sink: Sink<'_, E>,
) -> Result<(), E> {
    let snapshot = scope.snapshot(conn)?;
    let institution = snapshot.facts.register.institution.as_ref();
    let origin = institution.map_or(Origin::Live, |one| one.origin).name_zh();
    match subject {
        Subject::Ledger => ledger(conn, scope, origin, snapshot.as_of_seq.get(), sink),
        Subject::Stock => on_hand(conn, scope, &snapshot.facts, origin, sink),
        Subject::Containers => containers(conn, scope, &snapshot.facts, origin, sink),
        Subject::Lines => Ok(()),
        Subject::Purchases => purchases::lines(conn, scope, &snapshot.facts, origin, sink),
        Subject::Controlled => {
            let last = snapshot.as_of_seq.get();
            controlled::lines(conn, scope, &snapshot.facts, origin, last, sink)
        }
    }
}

fn ledger<E: From<StoreError>>(
    conn: &mut Db,
    scope: &Scope,
    origin: &str,
    last: i64,
    sink: Sink<'_, E>,
) -> Result<(), E> {
    let total = last.unsigned_abs() + 1;
    let mut next = 0;
    while next <= last {
        let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? ORDER BY seq LIMIT ?";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&next),
            Cell::Int(&PAGE),
        ];
        let page: Vec<EntryRow> = select(conn, clause, &key).map_err(StoreError::from)?;
        if page.is_empty() {
            return Err(StoreError::Row("entry", format!("none from {next} on")).into());
        }
        for row in page {
            next = row.seq + 1;
            let entry = Entry::parse(&row.bytes).map_err(StoreError::from)?;
            let record = entry.record();
            let leaf_hash = hash(&row.leaf_hash)?;
            let cells = vec![
                origin.to_owned(),
                record.seq.to_string(),
                record.act.kind().name_zh().to_owned(),
                record.recorded_at.to_string(),
                record.occurred_at.unwrap_or(record.recorded_at).to_string(),
                record.actor.name.clone(),
                record.reason.clone(),
                record.containers.len().to_string(),
                leaf_hash.to_base64(),
            ];
            let bytes = Some(row.bytes);
            sink(Line { cells, bytes }, total)?;
        }
    }
    Ok(())
}

fn on_hand<E: From<StoreError>>(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    origin: &str,
    sink: Sink<'_, E>,
) -> Result<(), E> {
    let stood = stock(conn, facts)?;
    let total = u64::try_from(stood.len()).unwrap_or(u64::MAX);
    for (place, product, sum) in stood {
        let mut cells = vec![origin.to_owned(), path(facts, place).join(" / ")];
        cells.extend(described(product, scope));
        cells.push(sum.containers.to_string());
        cells.push(quantity(product.dimension, sum.amount)?.to_string());
        sink(Line { cells, bytes: None }, total)?;
    }
    Ok(())
}

fn containers<E: From<StoreError>>(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    origin: &str,
    sink: Sink<'_, E>,
) -> Result<(), E> {
    let institution = scope.institution.get();
    let clause = "WHERE institution_id = ? AND log = 0";
    let heads: Vec<LogHeadRow> =
        select(conn, clause, &[Cell::Int(&institution)]).map_err(StoreError::from)?;
    let last = heads.first().map_or(0, |head| head.last_serial);
    let mut after = 0;
    while after < last {
        let clause = "WHERE institution_id = ? AND serial > ? ORDER BY serial LIMIT ?";
        let key = [Cell::Int(&institution), Cell::Int(&after), Cell::Int(&PAGE)];
        let what: Vec<ContainerRow> = select(conn, clause, &key).map_err(StoreError::from)?;
        let how: Vec<StandingRow> = select(conn, clause, &key).map_err(StoreError::from)?;
        if what.is_empty() || what.len() != how.len() {
            return Err(StoreError::Row("container", format!("missing after {after}")).into());
        }
        for (what, how) in what.into_iter().zip(how) {
            after = what.serial;
            let container = rows::container(what, &how)?;
            let (identity, standing) = (container.identity, container.standing);
            let product = product(facts, identity.product)?;
            let label = Label::new(scope.institution, container.serial, standing.generation);
            let mut cells = vec![
                origin.to_owned(),
                // In groups, because a spreadsheet takes 16 digits for a number and rounds it.
                label.grouped(),
                standing.status.name_zh().to_owned(),
            ];
            cells.extend(described(product, scope));
            let amount: Quantity = quantity(identity.dimension, standing.amount)?;
            let holder = standing
                .holder
                .and_then(|holder| person_name(facts, holder));
            cells.push(amount.to_string());
            cells.push(path(facts, standing.place).join(" / "));
            let rest = [holder, identity.lot, identity.maker, identity.supplier];
            cells.extend(rest.map(Option::unwrap_or_default));
            let expires = identity.expires_on.as_ref().map(NaiveDate::to_string);
            cells.push(expires.unwrap_or_default());
            sink(Line { cells, bytes: None }, last.unsigned_abs())?;
        }
    }
    Ok(())
}

/// Name, qualifier, CAS number and classes of today.
fn described(product: &Product, scope: &Scope) -> [String; 4] {
    let classes = product.classes_on(scope.now.china_day());
    let classes: Vec<&str> = classes.iter().map(|class| class.name_zh()).collect();
    [
        product.name.clone(),
        product.qualifier.clone().unwrap_or_default(),
        product
            .cas
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        classes.join("、"),
    ]
}
