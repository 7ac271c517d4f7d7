//! What officials and banks get as files: the funding application of a batch, and its instructions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::limits::PAYMENT_FILES_BYTES;
use super::status::Fault;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::payment::Order;
use crate::proto::pooling::v1 as pb;
use crate::tables::{
    FundingReport, FundingReportError, PaymentFile, PaymentFileError, funding_html, write_funding_xlsx, write_pain001,
};
use crate::workflows::Gateway;
use crate::workflows::digest;
use crate::workflows::pooling::BatchView;
use crate::workflows::record::payment::InstructionRecord;

/// Half of a digest: an ISO 20022 id has at most 35 places.
const MESSAGE_ID_DIGITS: usize = 32;

/// Who holds a place's expenditure account, as the bank knows it.
pub(super) fn holder_of(gateway: &Gateway, place: Region) -> Option<String> {
    Some(gateway.city(place.city())?.accounts.expenditure.get(&place)?.name.clone())
}

/// The funding application as a page and as a workbook; both empty until the batch is sealed.
///
/// A paper whose table does not come to its total is not given out; the batch is shown without it, for whoever looks into why.
pub(super) fn application(gateway: &Gateway, view: &BatchView) -> (String, Vec<u8>) {
    match write_application(gateway, view) {
        Ok(papers) => papers,
        Err(error) => {
            tracing::error!(code = error.code(), batch = %view.batch.batch_id, "no paper for a batch");
            (String::new(), Vec::new())
        }
    }
}

fn write_application(gateway: &Gateway, view: &BatchView) -> Result<(String, Vec<u8>), FundingReportError> {
    let Some(paper) = gateway.funding_paper(view) else { return Ok((String::new(), Vec::new())) };
    let report = FundingReport {
        application: &paper.application,
        city_name: &paper.city_name,
        region_names: &|region| paper.names.get(&region).cloned().unwrap_or_default(),
        source: &paper.source,
        prepared_on: paper.prepared_on,
    };
    let mut workbook = Vec::new();
    write_funding_xlsx(&report, &mut workbook)?;
    Ok((funding_html(&report)?, workbook))
}

/// Instructions that are not settled, one file for each paying account.
///
/// `holder_of` names the holder of a place's expenditure account, as the bank knows it.
pub(super) fn instruction_files(
    holder_of: impl Fn(Region) -> Option<String>,
    instructions: Vec<InstructionRecord>,
) -> Result<pb::ExportInstructionsResponse, Fault> {
    let total = instructions.len();
    let mut by_payer: BTreeMap<Region, Vec<InstructionRecord>> = BTreeMap::new();
    for instruction in instructions.into_iter().filter(|it| it.state.is_open()) {
        by_payer.entry(instruction.payer).or_default().push(instruction);
    }
    if by_payer.is_empty() {
        return Err(PaymentFileError::NoOrders.into());
    }
    let open: usize = by_payer.values().map(Vec::len).sum();
    let mut files = Vec::with_capacity(by_payer.len());
    let mut bytes: usize = 0;
    for (payer, instructions) in by_payer {
        let holder = holder_of(payer).ok_or(PaymentFileError::PayerName)?;
        let file = instruction_file(&holder, payer, instructions)?;
        bytes = bytes.saturating_add(file.pain_001.len());
        if bytes > PAYMENT_FILES_BYTES {
            return Err(PaymentFileError::TooManyOrders.into());
        }
        files.push(file);
    }
    let settled = i64::try_from(total.saturating_sub(open)).unwrap_or(i64::MAX);
    Ok(pb::ExportInstructionsResponse { files, settled })
}

fn instruction_file(
    holder: &str,
    payer: Region,
    mut instructions: Vec<InstructionRecord>,
) -> Result<pb::InstructionFile, Fault> {
    instructions.sort_by_key(|it| it.order.instruction_id);
    // Of the newest instruction, not of the export: the same instructions make the same file.
    let created_at = instructions.iter().map(|it| it.made_at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let digest = digest::of_payment_file(payer, instructions.iter().map(|it| it.order.instruction_id));
    let orders: Vec<Order> = instructions.into_iter().map(|it| it.order).collect();
    let amount = Fen::checked_sum(orders.iter().map(|it| it.amount)).ok_or(PaymentFileError::Overflow)?;
    let message_id: String = data_encoding::HEXLOWER.encode(&digest).chars().take(MESSAGE_ID_DIGITS).collect();
    let file = PaymentFile { message_id: &message_id, created_at, payer_name: holder, orders: &orders };
    let pain_001 = write_pain001(&file)?;
    let instructions = i64::try_from(orders.len()).unwrap_or(i64::MAX);
    Ok(pb::InstructionFile { payer: payer.to_string(), pain_001, instructions, amount_fen: amount.get() })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::identity::BankAccount;
    use crate::domain::payment::{InstructionId, InstructionState, PaymentId, PaymentKind};

    fn instruction(number: u128, payer: &str, state: InstructionState) -> InstructionRecord {
        let account = |text| BankAccount::parse(text).unwrap();
        let order = Order {
            instruction_id: InstructionId(Uuid::from_u128(number)),
            payer_account: account("6200000000000002"),
            payee_account: account("6222000000001234"),
            payee_name: "甲公司".to_owned(),
            amount: Fen::new(150_000),
            purpose: "一次性扩岗补助".to_owned(),
        };
        InstructionRecord {
            order,
            payment_id: PaymentId(Uuid::from_u128(number)),
            kind: PaymentKind::Payout,
            payer: Region::parse(payer).unwrap(),
            state,
            paid: Fen::ZERO,
            returned: Fen::ZERO,
            attempt: 1,
            made_at: "2022-10-10T01:02:03Z".parse().unwrap(),
        }
    }

    fn export(instructions: Vec<InstructionRecord>) -> Result<pb::ExportInstructionsResponse, &'static str> {
        let holder_of = |place: Region| (place.as_str() != "371503").then(|| format!("{place}经办机构"));
        instruction_files(holder_of, instructions).map_err(|fault| fault.reason())
    }

    #[test]
    fn each_account_has_a_file_of_what_is_not_settled() {
        use InstructionState::{InDoubt, Made, Paid, Returned};
        let all = || {
            vec![
                instruction(1, "371502", Made),
                instruction(2, "371500", InDoubt),
                instruction(3, "371502", InDoubt),
                instruction(4, "371502", Paid),
                instruction(5, "371500", Returned),
            ]
        };
        let exported = export(all()).unwrap();
        let found: Vec<_> =
            exported.files.iter().map(|file| (file.payer.as_str(), file.instructions, file.amount_fen)).collect();
        assert_eq!((found, exported.settled), (vec![("371500", 1, 150_000), ("371502", 2, 300_000)], 2));
        let county = String::from_utf8(exported.files[1].pain_001.clone()).unwrap();
        assert!(county.contains("371502经办机构") && county.contains("00000000000000000000000000000003"));
        assert!(!county.contains("00000000000000000000000000000004"), "what is paid is not sent again");

        let again = export(all().into_iter().rev().collect()).unwrap();
        assert!(again == exported, "the same instructions make the same files, in whatever order they are read");
        let fewer = export(vec![instruction(1, "371502", Made)]).unwrap();
        assert!(fewer.files[0].pain_001 != exported.files[1].pain_001);

        assert_eq!(export(vec![instruction(4, "371502", Paid)]).err(), Some("PAYMENT_FILE_NO_ORDERS"));
        assert_eq!(export(vec![instruction(4, "371503", Made)]).err(), Some("PAYMENT_FILE_PAYER_NAME"));
    }
}
