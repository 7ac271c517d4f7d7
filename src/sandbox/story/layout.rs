//! How an office lays out its rosters: which columns, under which words, in which order.

/// What a column of a roster holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    Name,
    ResidentId,
    Institution,
    GraduatedOn,
    ContractFrom,
    ContractUntil,
    ContractPeriod,
    Phone,
    Uscc,
    EnterpriseName,
    Account,
    RegionName,
    RegionCode,
    HostUscc,
    DispatchAgreement,
    SharingAgreement,
    Headcount,
    Remark,
}

/// Columns with their words.
pub(super) type Layout = &'static [(Column, &'static str)];

/// Rosters of graduates; an office keeps to one layout.
pub(super) const GRADUATES: [Layout; 4] = [
    &[
        (Column::Number, "序号"),
        (Column::EnterpriseName, "单位名称"),
        (Column::Uscc, "统一社会信用代码"),
        (Column::Name, "姓名"),
        (Column::ResidentId, "身份证号"),
        (Column::Institution, "毕业院校"),
        (Column::GraduatedOn, "毕业时间"),
        (Column::ContractFrom, "合同起"),
        (Column::ContractUntil, "合同止"),
        (Column::Phone, "联系电话"),
        (Column::Account, "银行账号"),
        (Column::Remark, "备注"),
    ],
    &[
        (Column::Number, "序号"),
        (Column::Name, "姓名"),
        (Column::ResidentId, "身份证号码"),
        (Column::Phone, "手机号"),
        (Column::GraduatedOn, "毕业日期"),
        (Column::ContractPeriod, "劳动合同起止时间"),
        (Column::EnterpriseName, "用人单位"),
        (Column::Uscc, "社会信用代码"),
        (Column::Account, "对公账户"),
        (Column::RegionName, "参保地"),
    ],
    &[
        (Column::Number, "编号"),
        (Column::EnterpriseName, "企业名称"),
        (Column::Uscc, "企业统一社会信用代码"),
        (Column::Name, "毕业生姓名"),
        (Column::ResidentId, "公民身份号码"),
        (Column::GraduatedOn, "毕业时间（年月日）"),
        (Column::ContractFrom, "合同起始日期"),
        (Column::ContractUntil, "合同终止日期"),
        (Column::Phone, "联系方式"),
        (Column::Account, "开户账号"),
        (Column::RegionCode, "行政区划代码"),
    ],
    &[
        (Column::Number, "序号"),
        (Column::Name, "姓 名"),
        (Column::ResidentId, "身份证号*"),
        (Column::Institution, "毕业学校"),
        (Column::GraduatedOn, "毕业时间"),
        (Column::ContractFrom, "劳动合同起始时间"),
        (Column::ContractUntil, "劳动合同终止时间"),
        (Column::Phone, "手机号码"),
        (Column::EnterpriseName, "单位名称"),
        (Column::Uscc, "统一信用代码"),
        (Column::Account, "收款账号"),
        (Column::Remark, "备注"),
    ],
];

/// The roster a dispatch agency must hand in (五(二)). The agency itself is named above it.
pub(super) const DISPATCHED_GRADUATES: Layout = &[
    (Column::Number, "序号"),
    (Column::Name, "姓名"),
    (Column::ResidentId, "身份证号"),
    (Column::GraduatedOn, "毕业时间"),
    (Column::ContractPeriod, "劳动合同起止时间"),
    (Column::Phone, "联系电话"),
    (Column::HostUscc, "用工单位统一社会信用代码"),
    (Column::DispatchAgreement, "派遣协议编号"),
    (Column::SharingAgreement, "分配协议编号"),
];

/// Headcounts of enterprises.
pub(super) const HEADCOUNTS: [Layout; 2] = [
    &[
        (Column::Number, "序号"),
        (Column::EnterpriseName, "单位名称"),
        (Column::Uscc, "统一社会信用代码"),
        (Column::Headcount, "参保人数"),
        (Column::Account, "银行账号"),
        (Column::Remark, "备注"),
    ],
    &[
        (Column::Number, "序号"),
        (Column::Uscc, "单位统一社会信用代码"),
        (Column::EnterpriseName, "企业名称"),
        (Column::Headcount, "缴费人数"),
        (Column::Account, "对公账号"),
    ],
];

/// Headcounts and workers by name, on either side of a dispatch.
pub(super) const DISPATCH: Layout = &[
    (Column::Number, "序号"),
    (Column::EnterpriseName, "单位名称"),
    (Column::Uscc, "统一社会信用代码"),
    (Column::Headcount, "参保人数"),
    (Column::Name, "职工姓名"),
    (Column::ResidentId, "身份证号"),
    (Column::Phone, "联系电话"),
    (Column::HostUscc, "用工单位统一社会信用代码"),
];

/// The words of a layout.
pub(super) fn header(layout: Layout) -> Vec<String> {
    layout.iter().map(|(_, word)| (*word).to_owned()).collect()
}
