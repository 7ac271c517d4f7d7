//! The rosters as files: CSV in the encodings that offices save, and workbooks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use super::{FileFormat, MinistryList, RosterFile, Story};
use crate::sandbox::population::STORY_DAY;

/// The mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why the rosters cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum StoryFileError {
    #[error("roster cannot be written")]
    Write(#[from] io::Error),
    #[error("roster cannot be written as CSV")]
    Csv(#[from] csv::Error),
    #[error("roster cannot be written as a workbook")]
    Xlsx(#[from] XlsxError),
}

impl Story {
    /// Writes all rosters into a folder, which is made where there is none; the paths, in the order of the rosters.
    pub fn write_files(&self, folder: &Path) -> Result<Vec<PathBuf>, StoryFileError> {
        fs::create_dir_all(folder)?;
        let mut paths = Vec::with_capacity(self.rosters.len());
        for roster in &self.rosters {
            let path = folder.join(&roster.file_name);
            fs::write(&path, roster.bytes()?)?;
            paths.push(path);
        }
        Ok(paths)
    }
}

impl MinistryList {
    /// Writes the list into a folder that is there, as the ministry's office saves it.
    pub fn write_file(&self, folder: &Path) -> Result<PathBuf, StoryFileError> {
        let path = folder.join(&self.file_name);
        let text = csv_of(&self.lines)?;
        fs::write(&path, encoding_rs::GB18030.encode(&String::from_utf8_lossy(&text)).0)?;
        Ok(path)
    }
}

impl RosterFile {
    /// The file's content.
    pub fn bytes(&self) -> Result<Vec<u8>, StoryFileError> {
        match self.format {
            FileFormat::Utf8 => self.csv(),
            FileFormat::Utf8WithMark => Ok([MARK, &self.csv()?].concat()),
            FileFormat::Gb18030 => {
                let text = self.csv()?;
                Ok(encoding_rs::GB18030.encode(&String::from_utf8_lossy(&text)).0.into_owned())
            }
            FileFormat::Xlsx => Ok(self.workbook()?),
        }
    }

    fn csv(&self) -> Result<Vec<u8>, StoryFileError> {
        csv_of(&self.lines())
    }

    /// A title merged over all columns, everything as text but running numbers and serial dates, notes below.
    fn workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        // Without a date of its own a workbook bears the machine's, and would never be the same twice.
        let day = ExcelDateTime::from_ymd(
            STORY_DAY.year().unsigned_abs(),
            STORY_DAY.month().unsigned_abs(),
            STORY_DAY.day().unsigned_abs(),
        )?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&day));
        let sheet = workbook.add_worksheet();
        sheet.set_name("花名册")?;
        let text = Format::new().set_num_format("@");
        let title = Format::new().set_bold().set_align(FormatAlign::Center);
        let last_column = u16::try_from(self.header.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let first_note = self.lines().len() - self.notes.len();
        for (row, line) in self.lines().iter().enumerate() {
            let row_number = u32::try_from(row).unwrap_or(u32::MAX);
            match line.as_slice() {
                [lone] if row < self.title.len() || row >= first_note => {
                    let format = if row < self.title.len() { &title } else { &text };
                    sheet.merge_range(row_number, 0, row_number, last_column, lone, format)?;
                }
                cells => {
                    for (column, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                        match cell.parse::<u32>() {
                            Ok(number) if cell.len() <= 5 => sheet.write_number(row_number, column, number)?,
                            _ => sheet.write_string_with_format(row_number, column, cell, &text)?,
                        };
                    }
                }
            }
        }
        workbook.save_to_buffer()
    }
}

fn csv_of(lines: &[Vec<String>]) -> Result<Vec<u8>, StoryFileError> {
    let mut builder = csv::WriterBuilder::new();
    let mut writer = builder.flexible(true).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        writer.write_record(line)?;
    }
    writer.into_inner().map_err(|error| StoryFileError::Write(error.into_error()))
}
