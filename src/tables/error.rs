//! What can be wrong with a file as a whole. What is wrong with a row is a `RowProblem`.

use super::grid::{MAX_CELL_CHARS, MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROWS};

/// Why a file is refused. Messages name rows, columns and header words, never what a data cell holds.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("file is larger than {} MiB", MAX_FILE_BYTES / 1024 / 1024)]
    FileTooLarge,
    #[error("file is empty")]
    Empty,
    #[error("file is an old-style .xls or a password-protected workbook; save it as .xlsx without a password")]
    OldSpreadsheet,
    #[error("file is neither an .xlsx workbook nor CSV text")]
    NotATable,
    #[error("workbook cannot be read: {reason}")]
    Unreadable { reason: &'static str },
    #[error("workbook unpacks to more than it can honestly hold")]
    UnpacksTooLarge,
    #[error("more than {MAX_ROWS} rows")]
    TooManyRows,
    #[error("row {row} has more than {MAX_COLUMNS} columns")]
    TooManyColumns { row: u32 },
    #[error("file has more cells than a roster can need")]
    TooManyCells,
    #[error("row {row}: text is neither UTF-8, GB18030 nor UTF-16")]
    Encoding { row: u32 },
    #[error("row {row}: a quotation mark is never closed, the rows below it cannot be told apart")]
    OpenQuote { row: u32 },
    #[error("row {row}, column {letter}: more than {MAX_CELL_CHARS} characters; look for a stray quotation mark")]
    CellTooLong { row: u32, letter: String },
    #[error("no header row found; it needs at least three known words, such as 姓名, 身份证号, 毕业时间")]
    NoHeader,
    #[error("column {word} appears twice, in {first} and {second}")]
    DuplicateColumn { word: &'static str, first: String, second: String },
    #[error("no column for {word}; understood are: {understood}")]
    MissingColumn { word: &'static str, understood: String },
    #[error("no enterprise: neither a column 统一社会信用代码, nor a line above the header, nor a default")]
    MissingEnterprise,
    #[error("row {row}, above the header: {word} is not valid ({code})")]
    InvalidTitle { row: u32, word: &'static str, code: &'static str },
    #[error("more than one sheet holds a roster: {sheets}; name the one to read")]
    SeveralRosters { sheets: String },
    #[error("no sheet of that name; the workbook has: {sheets}")]
    NoSuchSheet { sheets: String },
    #[error("a row of {actual} values was given to a table of {expected} columns")]
    RowWidth { expected: usize, actual: usize },
    #[error("file cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl TableError {
    /// The stable name of the refusal, for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileTooLarge => "TABLE_FILE_TOO_LARGE",
            Self::Empty => "TABLE_EMPTY",
            Self::OldSpreadsheet => "TABLE_OLD_SPREADSHEET",
            Self::NotATable => "TABLE_NOT_A_TABLE",
            Self::Unreadable { .. } => "TABLE_UNREADABLE",
            Self::UnpacksTooLarge => "TABLE_UNPACKS_TOO_LARGE",
            Self::TooManyRows => "TABLE_TOO_MANY_ROWS",
            Self::TooManyColumns { .. } => "TABLE_TOO_MANY_COLUMNS",
            Self::TooManyCells => "TABLE_TOO_MANY_CELLS",
            Self::Encoding { .. } => "TABLE_ENCODING",
            Self::OpenQuote { .. } => "TABLE_OPEN_QUOTE",
            Self::CellTooLong { .. } => "TABLE_CELL_TOO_LONG",
            Self::NoHeader => "TABLE_NO_HEADER",
            Self::DuplicateColumn { .. } => "TABLE_DUPLICATE_COLUMN",
            Self::MissingColumn { .. } => "TABLE_MISSING_COLUMN",
            Self::MissingEnterprise => "TABLE_MISSING_ENTERPRISE",
            Self::InvalidTitle { .. } => "TABLE_INVALID_TITLE",
            Self::SeveralRosters { .. } => "TABLE_SEVERAL_ROSTERS",
            Self::NoSuchSheet { .. } => "TABLE_NO_SUCH_SHEET",
            Self::RowWidth { .. } => "TABLE_ROW_WIDTH",
            Self::Write(_) => "TABLE_WRITE",
        }
    }

    /// The same for the person at the counter.
    pub fn zh(&self) -> String {
        match self {
            Self::FileTooLarge => format!("文件超过 {} MiB", MAX_FILE_BYTES / 1024 / 1024),
            Self::Empty => "文件为空".to_owned(),
            Self::OldSpreadsheet => "文件是旧版 .xls 或带密码的工作簿，请另存为不带密码的 .xlsx".to_owned(),
            Self::NotATable => "文件既不是 .xlsx 工作簿，也不是 CSV 文本".to_owned(),
            Self::Unreadable { .. } => "工作簿无法读取，请用表格软件打开后另存为 .xlsx 再试".to_owned(),
            Self::UnpacksTooLarge => "工作簿解压后过大".to_owned(),
            Self::TooManyRows => format!("超过 {MAX_ROWS} 行"),
            Self::TooManyColumns { row } => format!("第 {row} 行超过 {MAX_COLUMNS} 列"),
            Self::TooManyCells => "单元格过多，不像是花名册".to_owned(),
            Self::Encoding { row } => format!("第 {row} 行的文字编码无法识别（支持 UTF-8、GB18030、UTF-16）"),
            Self::OpenQuote { row } => format!("第 {row} 行的引号没有闭合，其后的行无法区分"),
            Self::CellTooLong { row, letter } => {
                format!("第 {row} 行 {letter} 列超过 {MAX_CELL_CHARS} 个字符，请检查是否有多余的引号")
            }
            Self::NoHeader => "找不到表头行：至少要有三个能识别的列名，如 姓名、身份证号、毕业时间".to_owned(),
            Self::DuplicateColumn { word, first, second } => format!("列“{word}”出现了两次：{first} 和 {second}"),
            Self::MissingColumn { word, understood } => format!("缺少“{word}”列；可识别的列名：{understood}"),
            Self::MissingEnterprise => {
                "没有企业信息：表中没有“统一社会信用代码”列，表头上方也没有写明，也未另行指定".to_owned()
            }
            Self::InvalidTitle { row, word, .. } => format!("表头上方第 {row} 行的“{word}”无效"),
            Self::SeveralRosters { sheets } => format!("不止一个工作表是花名册：{sheets}，请指明读取哪一个"),
            Self::NoSuchSheet { sheets } => format!("没有这个名称的工作表；文件中有：{sheets}"),
            Self::RowWidth { expected, actual } => format!("表有 {expected} 列，却给了 {actual} 个值"),
            Self::Write(_) => "文件无法写入".to_owned(),
        }
    }
}
