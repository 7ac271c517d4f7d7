//! What the enterprises of the sandbox do: GB/T 4754-2017 codes and how such units are called.

use crate::domain::eligibility::evidence::EntityType;

/// A line of business.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trade {
    /// GB/T 4754-2017.
    pub(super) sector: &'static str,
    /// What follows the brand in a name.
    pub(super) tails: &'static [&'static str],
    pub(super) entity: EntityType,
}

const fn trade(sector: &'static str, tails: &'static [&'static str]) -> Trade {
    Trade { sector, tails, entity: EntityType::Enterprise }
}

const fn unit(sector: &'static str, tails: &'static [&'static str], entity: EntityType) -> Trade {
    Trade { sector, tails, entity }
}

/// The most common first.
pub(super) const TRADES: [Trade; 46] = [
    trade("6210", &["餐饮管理有限公司", "餐饮服务有限公司"]),
    trade("5212", &["超市有限公司", "商贸有限公司"]),
    trade("3311", &["金属结构有限公司", "钢结构工程有限公司"]),
    trade("6513", &["软件科技有限公司", "信息技术有限公司"]),
    trade("1713", &["纺织有限公司", "棉业有限公司"]),
    trade("5430", &["物流有限公司", "运输有限公司"]),
    trade("4710", &["建筑工程有限公司", "建设集团有限公司"]),
    trade("3216", &["铝业有限公司", "新材料股份有限公司"]),
    trade("5211", &["百货有限责任公司", "商厦有限公司"]),
    trade("3451", &["轴承有限公司", "轴承制造有限公司"]),
    trade("2710", &["药业有限公司", "制药股份有限公司"]),
    unit("6210", &["饭店", "酒楼", "火锅店"], EntityType::IndividualBusiness),
    trade("1331", &["油脂有限公司", "粮油食品有限公司"]),
    trade("5251", &["医药连锁有限公司", "大药房有限公司"]),
    trade("7291", &["国际旅行社有限公司", "旅行社有限公司"]),
    trade("6110", &["大酒店有限公司", "酒店管理有限公司"]),
    trade("1495", &["生物科技有限公司", "食品添加剂有限公司"]),
    unit("5212", &["超市", "便利店"], EntityType::IndividualBusiness),
    trade("3670", &["汽车零部件有限公司", "汽车配件有限公司"]),
    trade("7010", &["房地产开发有限公司", "置业有限公司"]),
    trade("5243", &["书店有限公司", "图书有限公司"]),
    trade("8391", &["教育科技有限公司", "职业培训学校有限公司"]),
    unit("8310", &["幼儿园"], EntityType::SocialServiceInstitution),
    trade("2614", &["化工有限公司", "化学股份有限公司"]),
    trade("4430", &["热力有限公司", "热电有限公司"]),
    trade("5263", &["汽车销售服务有限公司", "汽车贸易有限公司"]),
    unit("7231", &["律师事务所"], EntityType::LawFirm),
    trade("1392", &["豆制品有限公司", "食品有限公司"]),
    trade("3321", &["工具制造有限公司", "机械有限公司"]),
    trade("7861", &["景区管理有限公司", "文化旅游发展有限公司"]),
    unit("7241", &["会计师事务所"], EntityType::AccountingFirm),
    trade("6420", &["网络科技有限公司", "电子商务有限公司"]),
    trade("5411", &["公共交通有限公司", "客运有限公司"]),
    trade("2231", &["包装有限公司", "纸业有限公司"]),
    unit("9522", &["行业协会"], EntityType::SocialOrganization),
    trade("8415", &["医院有限公司", "康复医院有限公司"]),
    trade("0310", &["牧业有限公司", "养殖有限公司"]),
    trade("7850", &["公园管理有限公司", "生态园有限公司"]),
    trade("5620", &["通用航空有限公司"]),
    trade("5523", &["航运有限公司"]),
    unit("8521", &["社会工作服务中心", "养老服务中心"], EntityType::SocialServiceInstitution),
    trade("5320", &["铁路物流有限公司"]),
    unit("9530", &["公益基金会"], EntityType::Foundation),
    unit("9521", &["商会"], EntityType::SocialOrganization),
    trade("6621", &["村镇银行股份有限公司"]),
    trade("3892", &["电气设备有限公司", "光电科技有限公司"]),
];

/// What dispatch agencies do (劳务派遣服务).
pub(super) const DISPATCH: Trade = trade("7263", &["人力资源有限公司", "劳务派遣有限公司"]);

/// What their hosts do: road transport, one of the five industries.
pub(super) const HOSTS: Trade = trade("5430", &["快递物流有限公司", "货运有限公司"]);

/// Insured units that no clause of the notice names.
pub(super) const PUBLIC: Trade = unit("8331", &["第一中学", "实验学校"], EntityType::PublicInstitution);
