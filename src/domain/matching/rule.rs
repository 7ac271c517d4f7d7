//! The rules, each declared once: what brings two claims together, what two such rows must meet, what follows, and its clause.
//!
//! What the rows must meet stands in [`super::scope`]; what the evidence weighs in [`super::evidence`].

use super::evidence::Piece;
use super::programme::Conflict;

/// What follows for the claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// They wait until a person has judged (六(三)).
    Hold,
    /// A person should look; nothing waits.
    Review,
}

impl Effect {
    pub fn code(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Review => "review",
        }
    }
}

/// By what rows are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// The canonical number, among claims that conflict.
    Person,
    /// Each number that an unsound one may have meant, among claims that conflict; meets `Person` too.
    Repair,
    /// The sound of the name with one part of the number (place, birth date, sequence), among claims that conflict.
    NameAndPart,
    /// The number itself, of one row alone.
    Own,
    Enterprise,
    Account,
    Phone,
}

/// What the rule is about: of several rules about the same subject, the first that holds for a pair is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    Person,
    Enterprise,
    Account,
    Phone,
}

macro_rules! rules {
    ($($name:ident {
        code: $code:literal, about: $about:ident, keys: [$($key:ident),*], effect: $effect:ident, clause: $clause:expr,
        zh: $zh:literal, en: $en:literal, supports: [$($for:ident),*], opposes: [$($against:ident),*],
    })*) => {
        /// Why two claims of a file are suspect, or one. The code begins with what it is about.
        ///
        /// The rules of persons stand in the order in which they are looked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum MatchRule {
            $(#[doc = $en] $name,)*
        }

        impl MatchRule {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable word.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            pub fn about(self) -> About {
                match self { $(Self::$name => About::$about,)* }
            }

            pub fn keys(self) -> &'static [KeyKind] {
                match self { $(Self::$name => &[$(KeyKind::$key),*],)* }
            }

            pub fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)* }
            }

            /// The clause it rests on, which for one person depends on the subsidy.
            pub fn clause(self, conflict: Conflict) -> &'static str {
                let clause: fn(Conflict) -> &'static str = match self { $(Self::$name => $clause,)* };
                clause(conflict)
            }

            pub fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            pub fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }

            /// The evidence that speaks for the suspicion.
            pub fn supports(self) -> &'static [Piece] {
                match self { $(Self::$name => &[$(Piece::$for),*],)* }
            }

            /// The evidence that speaks against it.
            pub fn opposes(self) -> &'static [Piece] {
                match self { $(Self::$name => &[$(Piece::$against),*],)* }
            }
        }
    };
}

/// 五(二) for a graduate, 五(一) for a worker.
fn once(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Graduate => "五(二)",
        Conflict::Worker => "五(一)",
    }
}

rules! {
    PersonTwoProvinces {
        code: "person_two_provinces", about: Person, keys: [Person], effect: Hold, clause: |_| "六(三)",
        zh: "同一人跨省重复享受", en: "One person in two provinces.",
        supports: [SameResidentId, SameName, NameVariant, SamePhone, SameEnterprise, SameAccount],
        opposes: [NameSameSound, NameNearlySame, NameDiffers, PhoneDiffers],
    }
    PersonTwoSubsidies {
        code: "person_two_subsidies", about: Person, keys: [Person], effect: Hold, clause: |_| "五(二)",
        zh: "同一毕业生享受互斥补贴", en: "One graduate with two subsidies that exclude one another.",
        supports: [SameResidentId, SameName, NameVariant, SamePhone, SameEnterprise, SameAccount],
        opposes: [NameSameSound, NameNearlySame, NameDiffers, PhoneDiffers],
    }
    PersonTwoEnterprises {
        code: "person_two_enterprises", about: Person, keys: [Person], effect: Hold, clause: once,
        zh: "同一人被两户企业申领", en: "One person claimed by two enterprises.",
        supports: [SameResidentId, SameName, NameVariant, SamePhone, SameAccount],
        opposes: [NameSameSound, NameNearlySame, NameDiffers, PhoneDiffers],
    }
    PersonResubmitted {
        code: "person_resubmitted", about: Person, keys: [Person], effect: Hold, clause: once,
        zh: "同一企业对同一人重复申领", en: "One person claimed again by the same enterprise.",
        supports: [SameResidentId, SameName, NameVariant, SamePhone, SameEnterprise],
        opposes: [NameSameSound, NameNearlySame, NameDiffers, PhoneDiffers],
    }
    PersonNearlyIdentical {
        code: "person_nearly_identical", about: Person, keys: [Person, Repair, NameAndPart], effect: Review, clause: |_| "六(三)",
        zh: "身份证号录入有误，疑为同一人", en: "Two numbers a slip or two apart, of which one is wrong, with one name.",
        supports: [NumberOneSlip, NumberOneSlipUnchecked, NumberCommonRepair, NumberTwoSlips, NameRarity, SameName, NameVariant,
            SamePhone, SameEnterprise, SameAccount],
        opposes: [NameSameSound, NameNearlySame, NameDiffers, PhoneDiffers],
    }
    PersonNumberImpossible {
        code: "person_number_impossible", about: Person, keys: [Own], effect: Review, clause: |_| "六(三)",
        zh: "身份证号不可能存在，身份不实", en: "A number that cannot exist, and nobody whose it may be.",
        supports: [NumberImpossible], opposes: [],
    }
    EnterpriseTwoCounties {
        code: "enterprise_two_counties", about: Enterprise, keys: [Enterprise], effect: Hold, clause: |_| "五(一)",
        zh: "同一企业在两个县区申领留工培训补助", en: "One enterprise with retention training in two counties.",
        supports: [SameEnterprise, SameAccount], opposes: [],
    }
    AccountShared {
        code: "account_shared", about: Account, keys: [Account], effect: Review, clause: |_| "二(一)",
        zh: "两户企业使用同一收款账户", en: "One account under two enterprises.",
        supports: [SameAccount, SamePhone], opposes: [],
    }
    PhoneShared {
        code: "phone_shared", about: Phone, keys: [Phone], effect: Review, clause: |_| "六(三)",
        zh: "两户企业的两人使用同一手机号", en: "One phone for two persons of two enterprises.",
        supports: [SamePhone, SameAccount], opposes: [],
    }
}

/// What the rules' declarations and predicates together are called in a run's record; it changes whenever what is found may change.
pub const RULES_VERSION: &str = "2022-32/1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_whole() {
        for rule in MatchRule::ALL {
            let about = format!("{:?}_", rule.about()).to_lowercase();
            assert!(rule.code().starts_with(&about) && !rule.zh().is_empty() && !rule.keys().is_empty(), "{rule:?}");
            assert!(rule.supports().iter().all(|piece| piece.points() >= 0), "{rule:?}");
            assert!(rule.opposes().iter().all(|piece| piece.points() < 0), "{rule:?}");
            for conflict in [Conflict::Graduate, Conflict::Worker] {
                assert!(["二(一)", "五(一)", "五(二)", "六(三)"].contains(&rule.clause(conflict)), "{rule:?}");
            }
        }
        let mut codes: Vec<&str> = MatchRule::ALL.iter().map(|rule| rule.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), MatchRule::ALL.len());
    }
}
