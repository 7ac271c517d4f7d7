//! What a run says of itself: one line for each thing that it did or could not do, in Chinese first.

use super::StepDone;
use crate::domain::eligibility::evidence::Owner;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::pooling::{ControlTotals, Stop};
use crate::domain::statement::StatementFault;

impl StepDone {
    fn done(code: &'static str, zh: String, en: String, totals: ControlTotals) -> Self {
        Self { code, zh, en, needs_attention: false, count: totals.claims, amount: totals.amount }
    }

    /// Several of something without an amount.
    fn counted(code: &'static str, zh: String, en: String, count: u64) -> Self {
        Self::done(code, zh, en, ControlTotals { claims: count, amount: Fen::ZERO })
    }

    fn attention(code: &'static str, zh: String, en: String) -> Self {
        Self { needs_attention: true, ..Self::counted(code, zh, en, 1) }
    }

    pub(super) fn filing_pooled(region: Region, totals: ControlTotals) -> Self {
        let zh = format!("{region}报送汇总：{}笔{}元", totals.claims, totals.amount);
        let en = format!("pooled the filing of {region}: {} claims, {} yuan", totals.claims, totals.amount);
        Self::done("FILING_POOLED", zh, en, totals)
    }

    pub(super) fn filing_rejected(region: Region, sealed: ControlTotals, found: ControlTotals) -> Self {
        let stop = Stop::TotalsDiffer { expected: sealed, found };
        let zh = format!("{region}报送已退回：{}", stop.zh());
        Self::attention("FILING_REJECTED", zh, format!("rejected the filing of {region}: {}", stop.en()))
    }

    pub(super) fn filing_waits(region: Region, unanswered: u64) -> Self {
        let zh = format!("{region}报送暂缓汇总：{unanswered}笔待有关部门答复");
        let en = format!("filing of {region} waits: registries do not answer on {unanswered} claims");
        Self { count: unanswered, ..Self::attention("FILING_WAITS", zh, en) }
    }

    pub(super) fn left_out(region: Region, changed: u64, unanswered: u64) -> Self {
        let zh = format!("{region}：{changed}笔复核结果变化，{unanswered}笔未获答复，未纳入本批");
        let en = format!("left out of {region}: {changed} changed, {unanswered} unanswered");
        Self::counted("CLAIMS_LEFT_OUT", zh, en, changed.saturating_add(unanswered))
    }

    pub(super) fn sealed(totals: ControlTotals) -> Self {
        let zh = format!("批次封存：{}笔{}元", totals.claims, totals.amount);
        Self::done("BATCH_SEALED", zh, format!("sealed the batch: {} yuan", totals.amount), totals)
    }

    pub(super) fn asked(totals: ControlTotals) -> Self {
        let zh = format!("已向财政部门申请{}元", totals.amount);
        Self::done("ASKED_FINANCE", zh, format!("asked finance for {} yuan", totals.amount), totals)
    }

    pub(super) fn pending() -> Self {
        Self::counted("DECISION_PENDING", "财政部门尚未核准".to_owned(), "finance has not decided yet".to_owned(), 1)
    }

    pub(super) fn granted(asked: Fen, granted: Fen) -> Self {
        let zh = format!("财政部门核准{granted}元（申请{asked}元）");
        let en = format!("finance granted {granted} of {asked} yuan");
        let totals = ControlTotals { claims: 1, amount: granted };
        Self { needs_attention: granted != asked, ..Self::done("GRANTED", zh, en, totals) }
    }

    pub(super) fn refused(reason: &str) -> Self {
        Self::attention(
            "FUNDING_REFUSED",
            format!("财政部门未核准：{reason}"),
            "finance refused the application".to_owned(),
        )
    }

    /// What finance says it moved tells whether the money is still with finance or on its way; unknown where it does not answer.
    pub(super) fn awaited(granted: Fen, moved: Option<Fen>) -> Self {
        let (mut zh, mut en) = (format!("等待财政资金到账{granted}元"), format!("{granted} yuan have not arrived yet"));
        if let Some(moved) = moved {
            zh.push_str(&format!("，财政部门答复已划出{moved}元"));
            en.push_str(&format!("; finance says that it moved {moved}"));
        }
        Self::done("ARRIVAL_AWAITED", zh, en, ControlTotals { claims: 1, amount: granted })
    }

    pub(super) fn stopped(stop: &Stop) -> Self {
        Self::attention(stop.code(), stop.zh(), stop.en())
    }

    pub(super) fn funded(totals: ControlTotals) -> Self {
        let zh = format!("资金已到账并分配：{}元", totals.amount);
        Self::done("BATCH_FUNDED", zh, format!("funded the batch with {} yuan", totals.amount), totals)
    }

    pub(super) fn transfers(count: u32) -> Self {
        let en = format!("made {count} transfers");
        Self::counted("TRANSFERS_MADE", format!("向县级支出户拨付{count}笔"), en, count.into())
    }

    pub(super) fn no_account(place: Region) -> Self {
        let zh = format!("未配置{place}的支出户");
        Self::attention("NO_EXPENDITURE_ACCOUNT", zh, format!("settings name no expenditure account of {place}"))
    }

    pub(super) fn instructed(count: u64) -> Self {
        let en = format!("made {count} payout instructions");
        Self::counted("PAYOUTS_INSTRUCTED", format!("生成发放指令{count}笔"), en, count)
    }

    pub(super) fn owed(count: u64) -> Self {
        let zh = format!("{count}笔款项账户变更或无账户，待两人重新审批");
        let en = format!("{count} payouts wait for two people: another account than approved, or none");
        Self { count, ..Self::attention("PAYOUTS_OWED", zh, en) }
    }

    pub(super) fn waiting_for_two(count: u64) -> Self {
        let zh = format!("{count}笔款项退回或账户变更，待重新审批");
        Self { count, ..Self::attention("PAYMENTS_OWED", zh, format!("{count} payments wait for two people")) }
    }

    pub(super) fn voided(count: u64) -> Self {
        let zh = format!("{count}笔申请支付前复核结果变化，不再发放");
        Self::counted("CLAIMS_VOIDED", zh, format!("{count} claims changed before their payout"), count)
    }

    pub(super) fn unanswered_payees(count: u64) -> Self {
        let zh = format!("{count}户企业支付前复核未获答复，下次再办");
        Self::counted("PAYOUTS_WAIT", zh, format!("registries do not answer on {count} enterprises"), count)
    }

    pub(super) fn sent(count: u64, amount: Fen) -> Self {
        let zh = format!("发送银行指令{count}笔{amount}元");
        let en = format!("sent {count} instructions, {amount} yuan");
        Self::done("INSTRUCTIONS_SENT", zh, en, ControlTotals { claims: count, amount })
    }

    pub(super) fn in_doubt(count: u64) -> Self {
        let zh = format!("{count}笔指令结果待查，以查询或对账单为准");
        Self::counted("IN_DOUBT", zh, format!("{count} instructions are in doubt"), count)
    }

    pub(super) fn inquired(count: u64) -> Self {
        Self::counted("INQUIRED", format!("向银行查询{count}笔，有结果"), format!("inquiry settled {count}"), count)
    }

    pub(super) fn statement(region: Region, number: u32, lines: u64) -> Self {
        let zh = format!("{region}第{number}号对账单入账{lines}笔");
        Self::counted("STATEMENT_POSTED", zh, format!("posted statement {number} of {region}"), lines)
    }

    pub(super) fn statement_refused(region: Region, fault: &StatementFault) -> Self {
        let zh = format!("{region}对账单未入账：{}", fault.zh());
        Self::attention(fault.code(), zh, format!("statement of {region} not posted: {fault}"))
    }

    pub(super) fn unmatched(region: Region, lines: u64, amount: Fen) -> Self {
        let zh = format!("{region}对账单有{lines}笔{amount}元无法对应");
        let en = format!("{lines} statement lines of {region} fit nothing");
        let totals = ControlTotals { claims: lines, amount };
        Self { needs_attention: true, ..Self::done("STATEMENT_UNMATCHED", zh, en, totals) }
    }

    pub(super) fn reinstructed(count: u64) -> Self {
        let zh = format!("重新审批的款项生成新指令{count}笔");
        Self::counted("REINSTRUCTED", zh, format!("made {count} new instructions"), count)
    }

    pub(super) fn returns(count: u32) -> Self {
        let en = format!("made {count} payments back to the fund");
        Self::counted("RETURNS_MADE", format!("结余缴回基金{count}笔"), en, count.into())
    }

    pub(super) fn closed() -> Self {
        Self::counted("BATCH_CLOSED", "批次办结，收支相符".to_owned(), "closed the batch, all agrees".to_owned(), 1)
    }

    pub(super) fn not_answering(owner: Owner) -> Self {
        let zh = format!("{}未答复，下次再办", owner.zh());
        Self::counted("UPSTREAM_UNANSWERED", zh, format!("{} does not answer", owner.code()), 1)
    }

    pub(super) fn no_payout_this_month() -> Self {
        let en = "no payout this month yet (at least one a month is due)".to_owned();
        Self::attention("NO_PAYOUT_THIS_MONTH", "本月尚未发放（每月不少于1次）".to_owned(), en)
    }

    pub(super) fn not_filed(region: Region) -> Self {
        let zh = format!("{region}有已审批申请，本月尚未报送");
        Self::attention("COUNTY_NOT_FILED", zh, format!("{region} has approved claims and has not filed this month"))
    }

    pub(super) fn near_last_day(count: u64) -> Self {
        let zh = format!("{count}笔申请将于7日内到期或已逾期未发放");
        let en = format!("{count} claims are within 7 days of their last day, or past it");
        Self { count, ..Self::attention("CLAIMS_NEAR_LAST_DAY", zh, en) }
    }
}
