//! What is printed, as a PDF: nothing cut, nothing empty, and the text can be read back by another library.

use hufu::proto::pooling::v1::ListBatchesRequest;

use super::money::{CITY, DRAFTS, demanded, drafted};
use super::{browse, links, pictures, read_back};
use crate::support::{Database, money};

/// Each paper, the most sheets it takes, and words that its text must have.
const PAPERS: [(&str, usize, &[&str]); 5] = [
    ("notice", 2, &["追回补助资金告知书", "陈述申辩", "1,500.00"]),
    ("demand", 2, &["限期退回", "1,500.00"]),
    ("trial-balance", 1, &["试算平衡", "平衡"]),
    ("suspect", 3, &["申领对照", "证据分量", "登记机构答复", "经过"]),
    ("application", 2, &["聊城市", "东昌府区", "1,500.00"]),
];
/// A sheet with less on it is as good as empty.
const LETTERS_MIN: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_printed_is_whole() {
    money::tell(Database::Sqlite, async |hufu, bureaus| {
        let city = hufu.office(CITY);
        let case = drafted(hufu, bureaus, "371502", "王小明").await;
        let case = demanded(&city, case).await;
        let batches = city.pooling().list_batches(ListBatchesRequest::default()).await.unwrap().into_inner().batches;
        let links = links(hufu, CITY, &[DRAFTS]).await;
        let folder = hufu.folder().display().to_string();
        let batch = batches[0].batch_id.clone();
        let given = [links, ("HUFU_CASE", case.case_id), ("HUFU_BATCH", batch), ("HUFU_FOLDER", folder)];
        browse(hufu, "documents.mjs", &given).await;
        for (name, sheets_max, words) in PAPERS {
            let read = read_back("pdf", &pictures().join(format!("print-{name}.pdf"))).await;
            let sheets: Vec<&str> = read.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
            assert!((1..=sheets_max).contains(&sheets.len()), "{name} takes {} sheets", sheets.len());
            for (at, text) in sheets.iter().enumerate() {
                let letters = text.chars().filter(|it| !it.is_whitespace()).count();
                assert!(letters >= LETTERS_MIN, "sheet {at} of {name} is empty: {text}");
            }
            let whole: String = sheets.concat().chars().filter(|it| !it.is_whitespace()).collect();
            for word in words {
                assert!(whole.contains(word), "{name} says {word}: {whole}");
            }
        }
    })
    .await;
}
