//! What a column can mean, in the words that offices use for it.

use unicode_normalization::UnicodeNormalization;

/// What a column can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The running number of the row; read by nobody.
    Sequence,
    PersonName,
    ResidentId,
    GraduationDate,
    ContractFrom,
    ContractUntil,
    /// Both ends of the contract in one cell.
    ContractPeriod,
    Phone,
    EnterpriseCode,
    EnterpriseName,
    BankAccount,
    Region,
    HostCode,
    DispatchAgreement,
    SharingAgreement,
    Headcount,
    Subsidy,
    /// Remarks; of a roster read by nobody.
    Note,
    /// The ministry's number of a record (疑点数据).
    RecordNumber,
    RecordKind,
    /// Of a claim made twice across provinces.
    OtherProvince,
}

impl Column {
    /// Every column with the words understood for it, the usual one first.
    const WORDS: [(Self, &'static str); 21] = [
        (Self::Sequence, "序号 编号 no no."),
        (Self::PersonName, "姓名 毕业生姓名 高校毕业生姓名 职工姓名 员工姓名 人员姓名 派遣人员姓名 name person_name"),
        (
            Self::ResidentId,
            "身份证号 身份证号码 身份证 公民身份号码 公民身份证号码 证件号码 证件号 居民身份证号 居民身份证号码 \
             有效身份证件号码 社会保障号码 社会保障号 毕业生身份证号 职工身份证号 resident_id",
        ),
        (Self::GraduationDate, "毕业时间 毕业日期 毕业年月 毕业年月日 毕业证日期 graduation_date graduated_on"),
        (
            Self::ContractFrom,
            "合同起 合同起始 合同起始时间 合同起始日期 合同开始时间 合同开始日期 劳动合同起 劳动合同起始时间 \
             劳动合同起始日期 劳动合同开始时间 劳动合同开始日期 contract_from contract_start",
        ),
        (
            Self::ContractUntil,
            "合同止 合同终止 合同终止时间 合同终止日期 合同结束时间 合同结束日期 合同截止时间 合同截止日期 \
             合同到期时间 合同到期日期 劳动合同止 劳动合同终止时间 劳动合同终止日期 劳动合同结束时间 \
             劳动合同结束日期 劳动合同截止时间 劳动合同截止日期 contract_until contract_end",
        ),
        (
            Self::ContractPeriod,
            "劳动合同起止时间 劳动合同起止日期 合同起止时间 合同起止日期 合同起止 劳动合同期限 合同期限 合同期 \
             contract_period",
        ),
        (Self::Phone, "联系电话 手机号 手机号码 手机 联系方式 电话 电话号码 联系号码 本人联系电话 phone"),
        (
            Self::EnterpriseCode,
            "统一社会信用代码 社会信用代码 信用代码 统一信用代码 单位统一社会信用代码 企业统一社会信用代码 \
             用人单位统一社会信用代码 纳税人识别号 uscc",
        ),
        (
            Self::EnterpriseName,
            "单位名称 企业名称 用人单位 用人单位名称 参保单位 参保单位名称 公司名称 enterprise_name",
        ),
        (
            Self::BankAccount,
            "银行账号 银行帐号 对公账户 对公账号 开户账号 银行账户 单位银行账号 收款账号 account bank_account",
        ),
        (Self::Region, "参保地 所属县区 所属县 县 参保县区 行政区划代码 行政区划 所属区县 县区 县市区 参保地区 region"),
        (
            Self::HostCode,
            "用工单位统一社会信用代码 用工单位社会信用代码 用工单位信用代码 用工企业统一社会信用代码 host_uscc",
        ),
        (Self::DispatchAgreement, "派遣协议编号 劳务派遣协议编号 派遣协议号 派遣协议 dispatch_agreement"),
        (
            Self::SharingAgreement,
            "分配协议编号 资金分配协议编号 补助分配协议编号 分配协议号 分配协议 sharing_agreement",
        ),
        (Self::Headcount, "参保人数 职工人数 缴费人数 参保职工人数 缴费职工人数 参保缴费人数 人数 headcount"),
        (Self::Subsidy, "补助类型 补贴项目 补贴类型 补助项目 申请补助类型 subsidy"),
        (Self::Note, "备注 说明 note remarks"),
        (Self::RecordNumber, "疑点编号 疑点数据编号 疑点序号 疑点信息编号 record_number"),
        (Self::RecordKind, "疑点类型 疑点类别 疑点原因 疑点事项 kind"),
        (Self::OtherProvince, "重复享受省份 重复享受省 外省 另一省份 重复省份 享受省份 other_province"),
    ];

    /// The words understood for this column, the usual one first.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::all_words().filter(move |(column, _)| *column == self).map(|(_, word)| word)
    }

    /// The usual word for this column.
    pub fn word(self) -> &'static str {
        self.words().next().unwrap_or_default()
    }

    /// The meaning of a header as written, if it is known.
    pub fn of(written: &str) -> Option<Self> {
        let plain = plain(written);
        Self::all_words().find(|(_, word)| *word == plain).map(|(column, _)| column)
    }

    /// The longest known word at the end of a text, and the text before it.
    pub(super) fn at_end_of(text: &str) -> Option<(Self, &str)> {
        let ends = Self::all_words().filter_map(|(column, word)| Some((column, word.len(), text.strip_suffix(word)?)));
        ends.max_by_key(|(_, length, _)| *length).map(|(column, _, rest)| (column, rest))
    }

    fn all_words() -> impl Iterator<Item = (Self, &'static str)> {
        Self::WORDS.iter().flat_map(|(column, words)| words.split_whitespace().map(|word| (*column, word)))
    }
}

/// A header without what offices add to it: spaces, line breaks, asterisks, colons, and hints in brackets such as （必填）.
pub(super) fn plain(written: &str) -> String {
    let mut outside = String::new();
    let mut inside = String::new();
    let mut depth = 0_u32;
    for c in written.nfkc().flat_map(char::to_lowercase) {
        match c {
            '(' | '[' | '{' | '【' | '〔' | '「' | '<' | '《' => depth = depth.saturating_add(1),
            ')' | ']' | '}' | '】' | '〕' | '」' | '>' | '》' => depth = depth.saturating_sub(1),
            '*' | '★' | '※' | ':' | '\'' | '"' | '“' | '”' | '、' => {}
            c if c.is_whitespace() || c.is_control() => {}
            c if depth > 0 => inside.push(c),
            c => outside.push(c),
        }
    }
    // A header that is nothing but a bracket, as in 【姓名】.
    if outside.is_empty() { inside } else { outside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_meaning() {
        let words: Vec<&str> = Column::all_words().map(|(_, word)| word).collect();
        for word in &words {
            assert_eq!(words.iter().filter(|it| *it == word).count(), 1, "{word}");
            assert_eq!(plain(word), *word);
        }
    }

    #[test]
    fn words_are_known_in_their_variants() {
        let check = |written, expected| assert_eq!(Column::of(written), expected, "{written}");
        check("姓  名", Some(Column::PersonName));
        check("＊姓名（必填）", Some(Column::PersonName));
        check("【姓名】", Some(Column::PersonName));
        check("身份证\n号码*", Some(Column::ResidentId));
        check("毕业时间(yyyy-mm-dd)：", Some(Column::GraduationDate));
        check("Resident_ID", Some(Column::ResidentId));
        check("ＵＳＣＣ", Some(Column::EnterpriseCode));
        check("用工单位统一社会信用代码", Some(Column::HostCode));
        check("补贴项目", Some(Column::Subsidy));
        check("毕业院校", None);
        check("（）", None);
        check("", None);
    }
}
