//! What is wrong with a statement's file, as a field at fault: its line is part of the field's path, so that a person finds it.

use super::violation::Violations;
use crate::services::limits::STATEMENT_FILE_BYTES;
use crate::tables::StatementFileError;

/// Notes a file that is too large to be read in one call.
pub(in crate::services) fn bounded(file: &[u8], violations: &mut Violations) {
    if file.len() > STATEMENT_FILE_BYTES {
        violations.add("file", "STATEMENT_FILE_TOO_LARGE", "file is larger than 4 MiB", "文件超过4 MiB");
    }
}

/// The file's fault.
pub(in crate::services) fn refused(error: &StatementFileError) -> Violations {
    let field = line_of(error).map_or_else(|| "file".to_owned(), |line| format!("file.lines[{line}]"));
    let mut violations = Violations::default();
    violations.add(field, error.code(), error.to_string(), error.zh());
    violations
}

/// The line at fault, from 1, as editors count.
fn line_of(error: &StatementFileError) -> Option<u32> {
    match error {
        StatementFileError::FileTooLarge
        | StatementFileError::Empty
        | StatementFileError::NotAStatement
        | StatementFileError::UnknownVersion
        | StatementFileError::Text(_)
        | StatementFileError::TooManyEntries
        | StatementFileError::MissingColumn { .. }
        | StatementFileError::Write(_) => None,
        StatementFileError::Malformed { line }
        | StatementFileError::Forbidden { line }
        | StatementFileError::TooDeep { line }
        | StatementFileError::ValueTooLong { line }
        | StatementFileError::SeveralStatements { line }
        | StatementFileError::SeveralTransactions { line, .. } => Some(*line),
        StatementFileError::Missing(place)
        | StatementFileError::Repeated(place)
        | StatementFileError::Amount(place)
        | StatementFileError::Date(place)
        | StatementFileError::Number(place)
        | StatementFileError::Account { place, .. }
        | StatementFileError::Direction(place)
        | StatementFileError::Currency(place)
        | StatementFileError::NotBooked(place) => Some(place.line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::read_statement;

    #[track_caller]
    fn check(file: &str, field: &str, reason: &str) {
        let error = read_statement(file.as_bytes()).err().unwrap();
        let (found, total) = refused(&error).first(9);
        assert_eq!((total, found[0].field.as_str(), found[0].reason.as_str()), (1, field, reason));
        assert!(!found[0].message_zh.is_ascii(), "{reason} has Chinese words");
    }

    #[test]
    fn a_fault_of_a_file_names_its_line_and_its_reason() {
        check("", "file", "STATEMENT_FILE_EMPTY");
        check("not a statement", "file", "STATEMENT_FILE_NOT_A_STATEMENT");
        let booked = |amount| {
            format!(
                "账号,6222000000001234\n对账单号,7\n期初余额,0\n期末余额,1\n笔数,1\n借方合计,0\n贷方合计,1\n\
                 流水号,记账日期,借贷标志,金额\nA-1,2022-10-10,贷,{amount}\n"
            )
        };
        assert!(read_statement(booked("1.00").as_bytes()).is_ok());
        check(&booked("1.005"), "file.lines[9]", "STATEMENT_FILE_AMOUNT");
    }

    #[test]
    fn a_file_is_bounded() {
        let count = |bytes| {
            let mut violations = Violations::default();
            bounded(&vec![b' '; bytes], &mut violations);
            violations.first(1).1
        };
        assert_eq!((count(4 * 1_024 * 1_024), count(4 * 1_024 * 1_024 + 1)), (0, 1));
    }
}
