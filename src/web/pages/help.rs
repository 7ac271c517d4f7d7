//! Help in place: what a page is for, its keys, the clause it rests on. On each page folded away, and all together on one.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};

use crate::web::lang::Lang;
use crate::web::layout::{self, Nav};
use crate::web::parts;
use crate::web::{Session, Web};

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/console/help", get(page))
}

/// What is said of one section.
struct Help {
    nav: Nav,
    clause: &'static str,
    zh: &'static [&'static str],
    en: &'static [&'static str],
}

const ALL: [Help; 7] = [
    Help {
        nav: Nav::Today,
        clause: "二(一)2、二(二)、六(三)",
        zh: &[
            "先办什么：到期和逾期的疑点，还能拦住的钱，停在路上的批次。",
            "点任何数字，就到它的清单；清单的筛选都在网址里，可以收藏和转发。",
        ],
        en: &[
            "What comes first: suspects due or late, money that can still be stopped, batches that stand still.",
            "Each figure leads to its list; a list's filters are in its address, to be kept and shared.",
        ],
    },
    Help {
        nav: Nav::Suspects,
        clause: "五(一)、五(二)、六(三)",
        zh: &[
            "按风险排列：还能拦住的钱在前，其次是还能追回的钱；金额、证据和剩余天数一起决定先后。",
            "系统只提示，由人作出结论：属实或不属实，都要写明依据；不属实须选定原因，用来检查规则是否误报。",
            "姓名和证件号只显示一部分；查看全部须说明理由，并记入审计。",
        ],
        en: &[
            "By risk: money that can still be stopped, then money that can be got back; by amount, evidence and days left.",
            "The system points, a person judges, with words; a dismissal takes a reason from a closed list, which shows how well a rule hits.",
            "Names and numbers are masked; seeing one takes a reason and is audited.",
        ],
    },
    Help {
        nav: Nav::Clawback,
        clause: "六(三)",
        zh: &[
            "已发放且核实属实的，追回补助资金：起草、批准并告知、听取陈述申辩、责令限期退回、登记退回，直至结清。",
            "起草人和核实人不能批准自己的案件；提出核销的人不能批准核销。没有听取陈述申辩，或期限未满，不能责令退回。",
            "告知书和限期退回通知书批准后自动生成，可直接打印。",
        ],
        en: &[
            "What was paid and should not have been: draft, approve with a notice, hear the reply, demand, record repayments, until settled.",
            "Whoever confirmed or drafted does not approve; whoever proposes a waiver does not approve it. Nothing is demanded before the reply, or its time, is over.",
            "The notice and the demand are written once the step is taken, ready to print.",
        ],
    },
    Help {
        nav: Nav::Pooling,
        clause: "二(二)、三",
        zh: &[
            "县（市、区）报送，市级每月至少汇总一次，向财政申请，资金到账后拨付到县、发放到企业。",
            "每一环节的笔数和金额并列显示；与上一环节不一致的，标出差额。",
            "退票或账户变更的款项，须两人重新审批后才会再次支付。",
        ],
        en: &[
            "Counties file; the city pools at least once a month, asks finance, passes the money on and pays.",
            "Count and amount of each hop stand side by side; a difference to the hop before is marked.",
            "What came back, or is to go to another account, takes two approvals before it is paid again.",
        ],
    },
    Help {
        nav: Nav::Ledger,
        clause: "三",
        zh: &[
            "复式记账，只增不改：每笔分录一借一贷，金额相等；更正是一笔新的分录。",
            "试算平衡可按月、按地区、按补助、按批次查看，差额应为0。对账把台账与申领、款项、案件和银行对账单逐项核对。",
        ],
        en: &[
            "Double entry, append-only: each entry has one debit and one credit of one amount; a correction is a new entry.",
            "The trial balance by month, place, subsidy and batch; its difference is 0. The check compares the ledger with claims, payments, cases and the bank.",
        ],
    },
    Help {
        nav: Nav::Policy,
        clause: "全文",
        zh: &[
            "政策表就是系统执行的规则：每个值旁边是通知的条款；通知没有规定的，标明是参数。",
            "两份政策表可以逐项对比，变更、新增和取消的值分别标出。",
        ],
        en: &[
            "A sheet is the rules that the node decides by: beside each value its clause; where the notice is silent, that it is a parameter.",
            "Two sheets can be compared value by value.",
        ],
    },
    Help {
        nav: Nav::Audit,
        clause: "六(三)",
        zh: &[
            "谁在什么时候看过、改过什么：按人员、按对象、按日期查看。每条记录与前一条相连，删改可以查出。",
            "查看审计本身也会记入审计。",
        ],
        en: &[
            "Who read or changed what, by person, subject and day. Each entry is chained to the one before, so that tampering shows.",
            "Looking into the log is logged as well.",
        ],
    },
];

/// The fold at the top of a page; nothing where there is no help for the section.
pub(in crate::web) fn panel(session: &Session, nav: Nav) -> Markup {
    let lang = session.lang;
    html! {
        @if let Some(help) = ALL.iter().find(|help| help.nav == nav) {
            details.help-panel {
                summary { (lang.pick("本页说明", "About this page")) }
                (words(lang, help))
            }
        }
    }
}

fn words(lang: Lang, help: &Help) -> Markup {
    html! {
        @for line in lang.pick(help.zh, help.en) { p { (line) } }
        p.hint { (lang.pick("依据：", "Clause: ")) (help.clause) }
    }
}

async fn page(session: Session) -> Markup {
    let lang = session.lang;
    let body = html! {
        p.lead { (lang.pick(
            "每页顶部的“本页说明”与此处相同。按 ? 显示键盘快捷键。",
            "The same words stand folded at the top of each page. Press ? for the keys.")) }
        div.help-cards {
            @for help in &ALL {
                @let (zh, en, address, key) = help.nav.about();
                section.card {
                    h2 { a href=(address) { (lang.pick(zh, en)) } " " span.keys-inline { kbd { "g" } " " kbd { (key) } } }
                    (words(lang, help))
                }
            }
            (parts::card(lang.pick("分工", "Who does what"), html! {
                p { (lang.pick(
                    "任何一步都不由一人办完：核实、起草、批准分属不同人员，系统按登录人员识别。",
                    "No step is one person's alone: who confirms, drafts and approves are different people, told apart by their login.")) }
            }))
        }
    };
    layout::page(&session, Nav::Help, lang.pick("帮助", "Help"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_has_its_help_in_both_languages() {
        for nav in Nav::ALL.into_iter().filter(|nav| *nav != Nav::Help) {
            let help = ALL.iter().find(|help| help.nav == nav).unwrap_or_else(|| panic!("{nav:?} has no help"));
            assert_eq!(help.zh.len(), help.en.len(), "{nav:?}");
            assert!(help.en.iter().all(|line| line.is_ascii()), "{nav:?}");
        }
    }
}
