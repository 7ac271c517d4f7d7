//! Many rows in one statement: the only place but `packed` where the two databases are spoken to differently.
//!
//! PostgreSQL gets the rows as one array a column through `UNNEST`. SQLite gets one JSON text of rows through `jsonb_each`, and beside
//! it one blob of all bytes, in which the rows name places: bytes written as text would be read many times over. Thousands of single
//! binds would cost SQLite a search by name each.

use std::sync::OnceLock;

use super::pool::Backend;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Bytes,
}

/// A statement over many rows. Its text says `{input}` where the rows are read as a relation named `input`, and may say `{columns}`
/// for the names of their columns.
pub(super) struct Bulk {
    columns: &'static [(&'static str, Kind)],
    text: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Bulk {
    pub(super) const fn new(columns: &'static [(&'static str, Kind)], text: &'static str) -> Self {
        Self { columns, text, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The columns of the rows, in their order.
    pub(super) fn columns(&self) -> &'static [(&'static str, Kind)] {
        self.columns
    }

    /// The statement in a database's own words.
    pub(super) fn sql(&'static self, backend: Backend) -> &'static str {
        match backend {
            // A failure ends the transaction, so what the statement did before it need not be undone on its own: without FAIL, SQLite
            // copies every page that an INSERT of several rows touches.
            Backend::Sqlite => self.sqlite.get_or_init(|| {
                self.text_over(&self.json_relation()).replacen("INSERT INTO", "INSERT OR FAIL INTO", 1)
            }),
            Backend::Postgres => self.postgres.get_or_init(|| self.text_over(&self.array_relation())),
        }
    }

    fn text_over(&self, relation: &str) -> String {
        self.text.replace("{columns}", &self.names()).replace("{input}", relation)
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// Each row is taken out of the text once: LIMIT keeps SQLite from doing it again for every column.
    fn json_relation(&self) -> String {
        let mut place = 0;
        let mut columns = Vec::with_capacity(self.columns.len());
        for (name, kind) in self.columns {
            match kind {
                Kind::Text | Kind::Integer => {
                    columns.push(format!("item->>{place} AS {name}"));
                    place += 1;
                }
                Kind::Bytes => {
                    columns.push(format!("substr($2, item->>{place}, item->>{}) AS {name}", place + 1));
                    place += 2;
                }
            }
        }
        format!("(SELECT {} FROM (SELECT value AS item FROM jsonb_each($1) LIMIT -1)) AS input", columns.join(", "))
    }

    fn has_bytes(&self) -> bool {
        self.columns.iter().any(|(_, kind)| *kind == Kind::Bytes)
    }

    fn array_relation(&self) -> String {
        let arrays: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (_, kind))| {
                let element = match kind {
                    Kind::Text => "text",
                    Kind::Integer => "bigint",
                    Kind::Bytes => "bytea",
                };
                format!("${}::{element}[]", at + 1)
            })
            .collect();
        format!("UNNEST({}) AS input({})", arrays.join(", "), self.names())
    }
}

/// A column of rows for PostgreSQL.
#[derive(Debug)]
pub(super) enum Array {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// Rows in the form that their database takes.
#[derive(Debug)]
pub(super) enum Encoded {
    /// The rows, and the bytes that they name places in where there are any.
    Json(String, Option<Vec<u8>>),
    Arrays(Vec<Array>),
}

/// Rows for a bulk statement, written column after column, row after row.
pub(super) struct Rows {
    pub(super) bulk: &'static Bulk,
    encoded: Encoded,
    /// The next column to be written.
    column: usize,
    count: u64,
}

impl Rows {
    pub(super) fn new(bulk: &'static Bulk, backend: Backend) -> Self {
        let encoded = match backend {
            Backend::Sqlite => Encoded::Json(String::from("["), bulk.has_bytes().then(Vec::new)),
            Backend::Postgres => Encoded::Arrays(
                bulk.columns
                    .iter()
                    .map(|(_, kind)| match kind {
                        Kind::Text => Array::Text(Vec::new()),
                        Kind::Integer => Array::Integer(Vec::new()),
                        Kind::Bytes => Array::Bytes(Vec::new()),
                    })
                    .collect(),
            ),
        };
        Self { bulk, encoded, column: 0, count: 0 }
    }

    /// The number of complete rows.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn text<'a>(&mut self, value: impl Into<Option<&'a str>>) -> &mut Self {
        let value = value.into();
        self.put(Kind::Text, |column| match column {
            Column::Json(json, _) => match value {
                Some(text) => push_json_text(json, text),
                None => json.push_str("null"),
            },
            Column::Array(Array::Text(array)) => array.push(value.map(str::to_owned)),
            Column::Array(Array::Integer(_) | Array::Bytes(_)) => {}
        })
    }

    pub(super) fn integer(&mut self, value: impl Into<Option<i64>>) -> &mut Self {
        let value = value.into();
        self.put(Kind::Integer, |column| match column {
            Column::Json(json, _) => match value {
                Some(number) => push_integer(json, number),
                None => json.push_str("null"),
            },
            Column::Array(Array::Integer(array)) => array.push(value),
            Column::Array(Array::Text(_) | Array::Bytes(_)) => {}
        })
    }

    pub(super) fn bytes<'a>(&mut self, value: impl Into<Option<&'a [u8]>>) -> &mut Self {
        let value = value.into();
        self.put(Kind::Bytes, |column| match column {
            Column::Json(json, pool) => match value {
                Some(bytes) => {
                    let pool = pool.get_or_insert_default();
                    // SQLite counts places from 1.
                    push_integer(json, length(pool).saturating_add(1));
                    json.push(',');
                    push_integer(json, length(bytes));
                    pool.extend_from_slice(bytes);
                }
                None => json.push_str("null,null"),
            },
            Column::Array(Array::Bytes(array)) => array.push(value.map(<[u8]>::to_vec)),
            Column::Array(Array::Text(_) | Array::Integer(_)) => {}
        })
    }

    /// The rows, complete.
    pub(super) fn finish(self) -> Encoded {
        debug_assert_eq!(self.column, 0, "a row is incomplete");
        match self.encoded {
            Encoded::Json(mut json, bytes) => {
                json.push(']');
                Encoded::Json(json, bytes)
            }
            arrays @ Encoded::Arrays(_) => arrays,
        }
    }

    fn put(&mut self, kind: Kind, write: impl FnOnce(Column<'_>)) -> &mut Self {
        debug_assert_eq!(self.bulk.columns.get(self.column).map(|(_, kind)| *kind), Some(kind), "a value out of place");
        let is_last = self.column + 1 == self.bulk.columns.len();
        match &mut self.encoded {
            Encoded::Json(json, pool) => {
                json.push_str(match (self.column, self.count) {
                    (0, 0) => "[",
                    (0, _) => ",[",
                    _ => ",",
                });
                write(Column::Json(json, pool));
                if is_last {
                    json.push(']');
                }
            }
            Encoded::Arrays(arrays) => {
                if let Some(array) = arrays.get_mut(self.column) {
                    write(Column::Array(array));
                }
            }
        }
        self.column = if is_last { 0 } else { self.column + 1 };
        self.count += u64::from(is_last);
        self
    }
}

/// Where a value is written.
enum Column<'a> {
    Json(&'a mut String, &'a mut Option<Vec<u8>>),
    Array(&'a mut Array),
}

fn push_integer(json: &mut String, number: i64) {
    use std::fmt::Write;
    // Writing to a String never fails.
    let _ = write!(json, "{number}");
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

fn push_json_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            control if control < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => json.push(other),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    static BULK: Bulk = Bulk::new(
        &[("name", Kind::Text), ("size", Kind::Integer), ("key", Kind::Bytes)],
        "INSERT INTO t ({columns}) SELECT {columns} FROM {input} WHERE true ON CONFLICT DO NOTHING",
    );

    #[test]
    fn one_text_reads_its_rows_in_each_databases_way() {
        assert_eq!(
            BULK.sql(Backend::Sqlite),
            "INSERT OR FAIL INTO t (name, size, key) SELECT name, size, key FROM (SELECT item->>0 AS name, item->>1 AS size, \
             substr($2, item->>2, item->>3) AS key FROM (SELECT value AS item FROM jsonb_each($1) LIMIT -1)) AS input \
             WHERE true ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            BULK.sql(Backend::Postgres),
            "INSERT INTO t (name, size, key) SELECT name, size, key FROM UNNEST($1::text[], $2::bigint[], $3::bytea[]) \
             AS input(name, size, key) WHERE true ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn rows_become_json_that_reads_back() {
        let mut rows = Rows::new(&BULK, Backend::Sqlite);
        rows.text("a \"quoted\" \\ text\n王").integer(-7).bytes([0xab, 1].as_slice());
        rows.text(None).integer(None).bytes(None);
        assert_eq!(rows.count(), 2);
        let Encoded::Json(json, bytes) = rows.finish() else { panic!("SQLite takes JSON") };
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        let expected = serde_json::json!([["a \"quoted\" \\ text\n王", -7, 1, 2], [null, null, null, null]]);
        assert_eq!((read, bytes), (expected, Some(vec![0xab, 1])));
    }
}
