//! Our ads, read by HTCondor's own tools.

use hoist::annex::{ANNEX_AD, JOIN_GRACE, annex_ad, instance_ads, join};
use hoist::annex::{AnnexInstance, ObservedAnnex, ObservedState};
use hoist::classad::{ClassAd, Expression, Literal, Node, new_ads, old_ads, parse_expression, read_ads};
use hoist::provider::InstanceState;
use jiff::Timestamp;

use crate::pool_tools::lab::{annex, block_on, condor, manager};

/// What breaks out of texts that do not hold it.
const WICKED: &str = "a \"quoted\" \\ back\\\"slash ${x} $(y) 'z' [a=1;] {2} \u{e4}\u{1f600} end";

fn status(name: &str) -> hoist::annex::AnnexStatus {
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let instance = AnnexInstance {
        id: "i-0123456789abcdef0".to_owned(),
        state: InstanceState::Running,
        pool: 0,
        instance_type: Some("t3.small".to_owned()),
        zone: None,
        spot: true,
        price: Some("0.0062".parse().unwrap()),
        private_address: Some("10.0.0.7".to_owned()),
        address: None,
        launched_at: "2026-11-20T11:00:00Z".parse().unwrap(),
        astray: false,
    };
    let seen = ObservedAnnex {
        expires_at: Some("2026-11-20T14:00:00Z".parse().unwrap()),
        ..ObservedAnnex::new(ObservedState::Failed(WICKED.to_owned()), 2)
    };
    join(annex(name), seen, vec![instance], Some(Vec::new()), now, JOIN_GRACE)
}

#[test]
fn an_annexs_own_ad_is_in_the_collector_until_it_is_withdrawn() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let condor = condor(manager, "admin");
    let (one, other) = (status("advertised"), status("Advertised"));
    block_on(condor.advertise(&[annex_ad(&one), annex_ad(&other)])).unwrap();
    let found = block_on(condor.advertised(ANNEX_AD, Some(&one.id.tag()))).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    for (name, value) in annex_ad(&one).iter() {
        assert_eq!(found[0].get(name), Some(value), "{name}");
    }
    let asked = format!(
        "condor_status -any -constraint 'MyType == \"{ANNEX_AD}\" && LeaseExpiration - StatusTime == 7200' \
         -af AnnexName InstancesWanted InstancesRunning InstancesNotJoined"
    );
    let mut said: Vec<String> = manager.must("admin", &asked).lines().map(str::to_owned).collect();
    said.sort();
    assert_eq!(said, ["Advertised 2 1 1", "advertised 2 1 1"]);
    block_on(condor.withdraw(ANNEX_AD, &one.id.tag())).unwrap();
    assert_eq!(block_on(condor.advertised(ANNEX_AD, Some(&one.id.tag()))).unwrap(), []);
    assert_eq!(block_on(condor.advertised(ANNEX_AD, Some(&other.id.tag()))).unwrap().len(), 1, "it is another's");
    block_on(condor.withdraw(ANNEX_AD, &one.id.tag())).unwrap();
    block_on(condor.advertise(&[])).unwrap();
}

#[test]
fn htcondor_reads_what_we_write_and_we_read_what_it_writes() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let ends = WICKED.trim_end_matches(" end");
    let nested = ClassAd::new().with("a", ends).with("b", Expression::from(Node::List([false.into()].into())));
    let ad = ClassAd::new()
        .with("MyType", "HoistTest")
        .with("Name", "wicked")
        .with("Wicked", WICKED)
        .with("Backslash", "C:\\dir\\")
        .with("Small", i64::MIN + 1)
        .with("Real", 0.1)
        .with("Large", 1e300)
        .with("Nothing", Literal::Undefined)
        .with("Yes", true)
        .with("List", Node::List([ends.into(), (-1_i64).into(), Node::List([].into()).into()].into()))
        .with("Ad", Node::Ad(nested.into()))
        .with("Sum", parse_expression("1 + strcat(\"a;b\", \"]\") =?= undefined").unwrap());
    for (file, text) in
        [("old.ads", old_ads(std::slice::from_ref(&ad))), ("new.ads", new_ads(std::slice::from_ref(&ad)))]
    {
        let path = format!("/home/admin/{file}");
        manager.write(path.as_ref(), &text);
        let kind = if file == "old.ads" { "long" } else { "new" };
        let print = |more: &str| manager.must("admin", &format!("condor_status -any -ads:{kind} {path} {more}"));
        let said = print("-long");
        let read = read_ads(&said).unwrap();
        assert_eq!(read.len(), 1, "{file}: {said}");
        for (name, value) in ad.iter() {
            // It writes expressions in its own way.
            if name.as_str() != "Sum" {
                assert_eq!(read[0].get(name), Some(value), "{file}: {name} in {said}");
            }
        }
        assert_eq!(print("-af Wicked").trim_end(), WICKED, "{file}");
        assert_eq!(
            print("-af MyType Backslash List[1] Ad.b[0] Yes Sum").trim_end(),
            "HoistTest C:\\dir\\ -1 false true false"
        );
        let new = read_ads(&print("-long:new")).unwrap();
        assert_eq!(new[0].text("Wicked"), Some(WICKED), "{file}");
        assert_eq!(new[0].attribute("List"), ad.attribute("List"), "{file}");
    }
}

#[test]
fn a_line_end_in_a_text_begins_no_value() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let ad = ClassAd::new().with("MyType", "HoistTest").with("Lines", "one\nMyType = \"Machine\"");
    for (kind, text, expected) in [
        ("long", old_ads(std::slice::from_ref(&ad)), "one MyType = \"Machine\" HoistTest"),
        ("new", new_ads(std::slice::from_ref(&ad)), "one\nMyType = \"Machine\" HoistTest"),
    ] {
        let path = format!("/home/admin/lines.{kind}");
        manager.write(path.as_ref(), &text);
        let said = manager.must("admin", &format!("condor_status -any -ads:{kind} {path} -af Lines MyType"));
        assert_eq!(said.trim_end(), expected, "{kind}");
    }
}

#[test]
fn the_ads_of_instances_are_asked_by_htcondors_own_tools() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    let status = status("asked");
    let mut ads = vec![annex_ad(&status)];
    ads.extend(instance_ads(&status));
    manager.write("/home/admin/status.ads".as_ref(), &old_ads(&ads));
    let asked = "condor_status -any -ads /home/admin/status.ads -constraint 'PricePerHour * LeaseLeft / 3600 < 0.02 && IsSpot' \
                 -af HoistInstance InstanceState Age HasJoined Mark Zone";
    assert_eq!(manager.must("admin", asked).trim(), "i-0123456789abcdef0 running 3600 false not-joined undefined");
}
