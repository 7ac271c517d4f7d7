//! Which subsidy a row of a file is about, and which subsidies exclude one another.

/// What a claim of a file asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Programme {
    /// 一次性扩岗补助.
    JobExpansion,
    /// 一次性吸纳就业补贴, paid elsewhere; it excludes the former for the same graduate (五(二)).
    HiringSubsidy,
    /// 一次性留工培训补助.
    RetentionTraining,
}

/// Claims of one person conflict within such a group, and never across.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conflict {
    /// One graduate is subsidized once (五(二)).
    Graduate,
    /// One worker is counted once (五(一)).
    Worker,
}

impl Programme {
    pub const ALL: [Self; 3] = [Self::JobExpansion, Self::HiringSubsidy, Self::RetentionTraining];

    pub fn code(self) -> &'static str {
        match self {
            Self::JobExpansion => "job-expansion",
            Self::HiringSubsidy => "hiring-subsidy",
            Self::RetentionTraining => "retention-training",
        }
    }

    /// What the notice calls it, and shorter words for it.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::JobExpansion => ["一次性扩岗补助", "扩岗补助", "一次性扩岗补贴"],
            Self::HiringSubsidy => ["一次性吸纳就业补贴", "吸纳就业补贴", "一次性吸纳就业补助"],
            Self::RetentionTraining => ["一次性留工培训补助", "留工培训补助", "一次性留工补助"],
        }
    }

    /// Reads a code, the code of one of its sheets (`job-expansion-2022`), or its name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_year = |it: &str| it.len() == 4 && it.bytes().all(|byte| byte.is_ascii_digit());
        Self::ALL.into_iter().find(|programme| {
            let rest = text.strip_prefix(programme.code());
            rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_year))
                || programme.words().contains(&text)
        })
    }

    pub fn conflict(self) -> Conflict {
        match self {
            Self::JobExpansion | Self::HiringSubsidy => Conflict::Graduate,
            Self::RetentionTraining => Conflict::Worker,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_means_one_programme() {
        let check = |text: &str, expected| assert_eq!(Programme::parse(text), expected, "{text}");
        for programme in Programme::ALL {
            check(programme.code(), Some(programme));
            check(&format!(" {}-2022", programme.code()), Some(programme));
            check(&format!("{}-", programme.code()), None);
            check(&format!("{}-22", programme.code()), None);
            programme.words().into_iter().for_each(|word| check(word, Some(programme)));
        }
        check("一次性补助", None);
        check("", None);
    }
}
