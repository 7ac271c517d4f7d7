//! Files for finance and for the bank: the funding application, and the instructions.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Application, Instructions};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::domain::money::Fen;
use crate::proto::pooling::v1 as pb;

impl Application {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let is_page = match self.out.extension().and_then(|ending| ending.to_str()) {
            Some("html" | "htm") => true,
            Some("xlsx") => false,
            Some(_) | None => {
                return Err(Failure::settings(format!("{}: must end in .xlsx or .html", self.out.display())));
            }
        };
        let request = pb::GetBatchRequest { batch_id: self.batch.to_string() };
        let answer = self.asking.client()?.get_batch(request).await?.into_inner();
        let bytes = if is_page { answer.application_html.into_bytes() } else { answer.application_xlsx };
        if bytes.is_empty() {
            let text = "该批次尚未封存，还没有资金申请 (the batch is not sealed yet, or its totals do not agree)";
            return Err(Failure::new(Exit::Failed, text));
        }
        write(&self.out, &bytes)?;
        if self.asking.json {
            output::json(&json!({ "batch_id": self.batch.to_string(), "out": self.out, "bytes": bytes.len() }))?;
        } else {
            output::line(format!("资金申请 → {}", self.out.display()));
        }
        Ok(Exit::Done)
    }
}

impl Instructions {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let request = pb::ExportInstructionsRequest { batch_id: self.batch.to_string() };
        let answer = self.asking.client()?.export_instructions(request).await?.into_inner();
        let is_alone = answer.files.len() == 1;
        let mut written = Vec::new();
        for file in &answer.files {
            let out = if is_alone { self.out.clone() } else { with_payer(&self.out, &file.payer) };
            write(&out, &file.pain_001)?;
            written.push((out, file));
        }
        if self.asking.json {
            let file = |(out, file): &(PathBuf, &pb::InstructionFile)| {
                let (instructions, amount_fen) = (file.instructions, file.amount_fen);
                json!({ "payer": file.payer, "instructions": instructions, "amount_fen": amount_fen, "out": out })
            };
            let files: Vec<_> = written.iter().map(file).collect();
            output::json(&json!({ "files": files, "settled": answer.settled }))?;
            return Ok(Exit::Done);
        }
        let mut table = output::table(["付款地 payer", "笔数 count", "金额 yuan", "文件 file"]);
        for (out, file) in &written {
            let amount = Fen::new(file.amount_fen).yuan_text();
            table.add_row([&file.payer, &file.instructions.to_string(), &amount, &out.display().to_string()]);
        }
        output::line(table);
        if answer.settled > 0 {
            output::line(format!("另有 {} 笔已有结果，未导出", answer.settled));
        }
        Ok(Exit::Done)
    }
}

/// `pain001.xml` of 371502 is `pain001-371502.xml`.
fn with_payer(out: &Path, payer: &str) -> PathBuf {
    let mut name = OsString::from(out.file_stem().unwrap_or_default());
    name.push("-");
    name.push(payer);
    if let Some(ending) = out.extension() {
        name.push(".");
        name.push(ending);
    }
    out.with_file_name(name)
}

pub(super) fn write(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(out, bytes).map_err(|error| Failure::settings(format!("{}: {error}", out.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_payer_has_a_file_of_its_own() {
        let check = |out: &str, expected: &str| assert_eq!(with_payer(Path::new(out), "371502"), Path::new(expected));
        check("pain001.xml", "pain001-371502.xml");
        check("out/october.pain.xml", "out/october.pain-371502.xml");
        check("pain", "pain-371502");
    }
}
