//! The log that shows every change (I10), and what is on the disk (I11).

use hufu::domain::claim::{ClaimState, DispatchSide};
use hufu::domain::identity::Region;
use hufu::store::{Keys, Store, StoreError};

use super::harness::*;
use super::{on, on_both};

on_both! {
    /// I10: a read leaves an entry before its data are given out, and an entry that was changed afterwards shows.
    async fn every_read_is_written_down_and_a_tampered_entry_shows(database: &Database) {
        let store = database.open().await;
        let draft = Draft::graduate(1, 1);
        let id = draft.id();
        submit(&store, draft).await;
        submit(&store, Draft::graduate(1, 2)).await;
        let before = store.latest_sequence().await.unwrap();
        let changed = store.changed();
        look(&store, id).await;
        suspects(&store).await;
        store.changes_after(0, Region::MINISTRY, 10, &access("watch")).await.unwrap();
        assert_eq!(store.latest_sequence().await.unwrap(), before + 3);
        assert!(!changed.has_changed().unwrap(), "a read is no change");
        assert_eq!(store.verify_audit().await.unwrap().cast_signed(), before + 3);
        let reads = "SELECT COUNT(*) FROM audit_entry WHERE actor = '37/review' AND detail LIKE 'purpose=% count=%'";
        assert_eq!(database.count(reads).await, 3);
        database.execute(TAMPER).await;
        let broken = store.verify_audit().await.unwrap_err();
        assert!(matches!(broken, StoreError::AuditBroken { sequence: 2 }), "{broken}");
        store.close().await;
    }

    async fn a_shortened_log_shows(database: &Database) {
        let store = database.open().await;
        for number in 0..3 {
            submit(&store, Draft::graduate(number, 1)).await;
        }
        database.execute(CUT).await;
        let broken = store.verify_audit().await.unwrap_err();
        assert!(matches!(broken, StoreError::AuditBroken { sequence: 3 }), "{broken}");
        store.close().await;
    }

    async fn another_key_is_refused_at_the_door(database: &Database) {
        database.open().await.close().await;
        let refused = Store::open(database.settings(), Keys::generate().unwrap()).await;
        assert!(matches!(refused, Err(StoreError::WrongKey)));
        database.open().await.close().await;
    }
}

const TAMPER: &str = concat!("UPDATE audit", "_entry SET actor = '37/somebody' WHERE sequence = 2");
const CUT: &str = concat!("DELETE FROM audit", "_entry WHERE sequence = 3");

/// I11: what is on the disk names nobody.
#[test]
fn no_personal_data_is_readable_in_the_database_files() {
    on(Backend::Sqlite, async |database| {
        let store = database.open().await;
        for number in 0..20 {
            for enterprise in 0..2 {
                let record = submit(&store, Draft::graduate(number, enterprise)).await;
                if record.state == ClaimState::Assessing {
                    assess(&store, assessment(&record, entitled())).await;
                }
            }
        }
        submit(&store, Draft::workforce(9, &[(1, DispatchSide::Agency), (2, DispatchSide::Host)])).await;
        let mut bytes = Vec::new();
        for file in ["hufu.db", "hufu.db-wal"] {
            bytes.extend(std::fs::read(database.folder.path().join(file)).unwrap());
        }
        assert!(find(&bytes, b"job-expansion-2022"), "the files are the database's");
        let phone = person(1).phone.unwrap();
        let (id, masked) = (resident_id(1), resident_id(1).masked());
        for secret in [id.as_str(), &masked, "欧阳明月", "欧阳", "欧*", phone.as_str(), "6217002340001234567"] {
            assert!(!find(&bytes, secret.as_bytes()), "{secret} is readable");
        }
        store.close().await;
        database
    });
}

fn find(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn a_key_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let keys = Keys::generate().unwrap();
    keys.write(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    Keys::load(&path).unwrap();
    assert!(keys.write(&path).is_err(), "a key is never overwritten");
    for mode in [0o640, 0o604] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(Keys::load(&path).is_err(), "{mode:o}");
    }
}
