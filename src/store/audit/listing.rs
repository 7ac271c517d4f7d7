//! Entries of the log by person, subject and day, newest first.
//!
//! Each list walks one index. What the index does not hold (the region, mostly) is looked at row by row, so a list looks at so many rows
//! and no more, and says where to go on.

use jiff::civil::Date;

use crate::audit::entry;
use crate::domain::calendar::cst_midnight;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::desk::{AuditFilter, AuditPage, AuditRecord};
use crate::store::sql::{like, statements};
use crate::store::{StoreError, codec};

/// Entries of a walk, from a place in it ($1) to another ($2, not included). An empty person stands for all.
macro_rules! entries_where {
    ($from:literal, $condition:literal) => {
        entries_where!($from, $condition, "entry.sequence DESC")
    };
    ($from:literal, $condition:literal, $order:literal) => {
        concat!(
            "SELECT entry.sequence, entry.at, entry.actor, entry.action, entry.subject_kind, entry.subject_id,
                entry.region, entry.state, entry.detail
             FROM ",
            $from,
            " WHERE ",
            $condition,
            " AND entry.region LIKE $3 AND ($4 = '' OR EXISTS (
                SELECT 1 FROM audit_person AS said WHERE said.person = $4 AND said.sequence = entry.sequence))
              ORDER BY ",
            $order,
            " LIMIT $5"
        )
    };
}

statements! {
    ENTRIES = entries_where!("audit_entry AS entry", "entry.sequence >= $1 AND entry.sequence < $2");
    /// The plus keeps the databases from walking the whole day instead.
    ENTRIES_OF_PERSON = entries_where!(
        "audit_person AS named CROSS JOIN audit_entry AS entry",
        "named.person = $4 AND named.sequence >= $1 AND named.sequence < $2 AND entry.sequence = named.sequence
         AND +entry.at >= $6 AND +entry.at < $7",
        "named.sequence DESC"
    );
    ENTRIES_OF_SUBJECT = entries_where!(
        "audit_entry AS entry",
        "entry.subject_id = $8 AND entry.sequence >= $1 AND entry.sequence < $2
         AND +entry.at >= $6 AND +entry.at < $7"
    );
    ENTRIES_OF_DAY = entries_where!(
        "audit_entry AS entry",
        "(entry.at, entry.sequence) >= ($6, $1) AND (entry.at, entry.sequence) < ($7, $2)",
        "entry.at DESC, entry.sequence DESC"
    );
    /// The entry so many places further down a walk; none where it ends before.
    FAR_OF_PERSON = "
        SELECT sequence FROM audit_person WHERE person = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT 1 OFFSET $3";
    FAR_OF_SUBJECT = "
        SELECT sequence FROM audit_entry WHERE subject_id = $1 AND sequence < $2
        ORDER BY sequence DESC LIMIT 1 OFFSET $3";
    FAR_OF_DAY = "
        SELECT at, sequence FROM audit_entry WHERE at >= $1 AND (at, sequence) < ($2, $3)
        ORDER BY at DESC, sequence DESC LIMIT 1 OFFSET $4";
    MOMENT_OF = "SELECT at FROM audit_entry WHERE sequence = $1";
}

/// Entries looked at in one statement, so that no reader holds its snapshot for long.
const SCAN_ENTRIES: i64 = 20_000;
/// Statements of one call. A caller to whom nothing of all that belongs comes back once more.
const SCANS_MAX: usize = 5;
/// The most entries given out at once.
const ENTRIES_MAX: u32 = 5_000;

/// A place in a walk. Those of a day go by time first; for the others the time says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: i64,
    sequence: i64,
}

/// Which index is walked: the narrowest that the filter allows.
enum Walk<'a> {
    All,
    Person(&'a str),
    Subject(&'a [u8]),
    Day,
}

/// The day in milliseconds; all time where none is asked for.
#[derive(Clone, Copy)]
struct Span {
    from: i64,
    until: i64,
}

impl Span {
    fn of(day: Option<Date>) -> Self {
        let midnight = |day: Date| cst_midnight(day).as_millisecond();
        day.map_or(Self { from: i64::MIN, until: i64::MAX }, |day| Self {
            from: midnight(day),
            until: day.tomorrow().map_or(i64::MAX, midnight),
        })
    }
}

pub(in crate::store) async fn list(readers: &Pool, filter: &AuditFilter) -> Result<AuditPage, StoreError> {
    let subject = filter.subject.as_ref().map(|id| id.as_bytes().as_slice());
    let walk = match (subject, filter.person.as_deref(), filter.day) {
        (Some(subject), ..) => Walk::Subject(subject),
        (None, Some(person), _) => Walk::Person(person),
        (None, None, Some(_)) => Walk::Day,
        (None, None, None) => Walk::All,
    };
    let span = Span::of(filter.day);
    let wanted = usize::try_from(filter.limit.min(ENTRIES_MAX)).unwrap_or_default();
    let mut before = first_place(readers, filter.before, &walk, span).await?;
    let mut entries: Vec<AuditRecord> = Vec::new();
    for _ in 0..SCANS_MAX {
        let far = far_place(readers, &walk, before, span).await?;
        let end = far.unwrap_or(Place { at: span.from, sequence: 1 });
        // One more than is wanted tells whether there is more.
        let limit = i64::try_from(wanted.saturating_add(1).saturating_sub(entries.len())).unwrap_or(i64::MAX);
        for row in fetch(readers, &walk, (end, before), filter, limit).await? {
            entries.push(row.record()?);
        }
        if entries.len() > wanted {
            entries.truncate(wanted);
            return Ok(AuditPage { next: entries.last().map(|last| last.sequence), entries });
        }
        match far {
            Some(far) => before = far,
            None => return Ok(AuditPage { entries, next: None }),
        }
    }
    Ok(AuditPage { entries, next: Some(before.sequence) })
}

/// Where a walk begins: before the entry that was reached, or at its end.
async fn first_place(readers: &Pool, before: Option<i64>, walk: &Walk<'_>, span: Span) -> Result<Place, StoreError> {
    let sequence = before.unwrap_or(i64::MAX);
    match (walk, before) {
        (Walk::All | Walk::Person(_) | Walk::Subject(_), _) => {}
        (Walk::Day, None) => return Ok(Place { at: span.until, sequence: 0 }),
        (Walk::Day, Some(reached)) => {
            let found: Option<(i64,)> = on_pool!(readers, pool => {
                sqlx::query_as(MOMENT_OF).bind(reached).fetch_optional(pool).await
            })?;
            let at = found.map_or(i64::MAX, |(at,)| at);
            return Ok(Place { at, sequence }.min(Place { at: span.until, sequence: 0 }));
        }
    }
    // All is walked by arithmetic, which needs to know where the log ends.
    let sequence = match walk {
        Walk::All => sequence.min(super::latest_sequence(readers).await?.saturating_add(1)),
        Walk::Person(_) | Walk::Subject(_) | Walk::Day => sequence,
    };
    Ok(Place { at: span.until, sequence })
}

/// The place up to which one statement looks; none where it looks at all that is left.
async fn far_place(readers: &Pool, walk: &Walk<'_>, before: Place, span: Span) -> Result<Option<Place>, StoreError> {
    let skipped = SCAN_ENTRIES - 1;
    let found: Option<(i64, i64)> = match walk {
        Walk::All => Some((0, before.sequence - SCAN_ENTRIES)).filter(|(_, far)| *far > 1),
        Walk::Person(person) => on_pool!(readers, pool => {
            let query = sqlx::query_scalar(FAR_OF_PERSON).bind(*person).bind(before.sequence).bind(skipped);
            query.fetch_optional(pool).await
        })?
        .map(|far| (0, far)),
        Walk::Subject(subject) => on_pool!(readers, pool => {
            let query = sqlx::query_scalar(FAR_OF_SUBJECT).bind(*subject).bind(before.sequence).bind(skipped);
            query.fetch_optional(pool).await
        })?
        .map(|far| (0, far)),
        Walk::Day => on_pool!(readers, pool => {
            let query = sqlx::query_as(FAR_OF_DAY).bind(span.from).bind(before.at).bind(before.sequence).bind(skipped);
            query.fetch_optional(pool).await
        })?,
    };
    Ok(found.map(|(at, sequence)| Place { at, sequence }))
}

async fn fetch(
    readers: &Pool,
    walk: &Walk<'_>,
    (end, before): (Place, Place),
    filter: &AuditFilter,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    let (sql, span) = match walk {
        Walk::All => (ENTRIES, None),
        Walk::Person(_) => (ENTRIES_OF_PERSON, Some(Span::of(filter.day))),
        Walk::Subject(_) => (ENTRIES_OF_SUBJECT, Some(Span::of(filter.day))),
        Walk::Day => (ENTRIES_OF_DAY, Some(Span { from: end.at, until: before.at })),
    };
    Ok(on_pool!(readers, pool => {
        let query = sqlx::query_as(sql)
            .bind(end.sequence)
            .bind(before.sequence)
            .bind(like(filter.within))
            .bind(filter.person.as_deref().unwrap_or_default())
            .bind(limit);
        let query = match span {
            Some(span) => query.bind(span.from).bind(span.until),
            None => query,
        };
        let query = match walk {
            Walk::Subject(subject) => query.bind(*subject),
            Walk::All | Walk::Person(_) | Walk::Day => query,
        };
        query.fetch_all(pool).await
    })?)
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    sequence: i64,
    at: i64,
    actor: String,
    action: String,
    subject_kind: String,
    subject_id: Option<Vec<u8>>,
    region: String,
    state: Option<String>,
    detail: String,
}

impl EntryRow {
    fn record(self) -> Result<AuditRecord, StoreError> {
        Ok(AuditRecord {
            sequence: self.sequence,
            at: codec::timestamp(self.at)?,
            actor: self.actor,
            person: entry::person(&self.action, &self.detail).map(str::to_owned),
            action: self.action,
            subject_kind: self.subject_kind,
            subject_id: self.subject_id.as_deref().map(codec::uuid).transpose()?,
            region: self.region,
            state: self.state,
            detail: self.detail,
        })
    }
}
