//! What users want of their machines: disks, groups, markets, containers, GPUs.

use hoist::annex::{AnnexCloud as _, AnnexSpec, HTCondorJoin, Market, PoolSoftware};
use serde_json::{Value, json};

use crate::annex_stacks::lab::{Lab, id, pool, refused, run};
use crate::packed::decoded;
use hoist_test_support::aws::{Faults, IMAGE};

fn joining(spec: &mut AnnexSpec) -> &mut HTCondorJoin {
    match &mut spec.software {
        PoolSoftware::HTCondor(joining) => joining,
        PoolSoftware::None | PoolSoftware::Pilot(_) => panic!("it joins none"),
    }
}

/// The template that the annex would have.
fn template(lab: &Lab, spec: &AnnexSpec) -> Value {
    run(async { lab.cloud.preview(&id("a"), spec).await.unwrap() })["template"].clone()
}

/// The launch data of a pool.
fn launch_data(template: &Value, pool: usize) -> &Value {
    &template["Resources"][format!("Template{pool}")]["Properties"]["LaunchTemplateData"]
}

/// The user data of a pool.
fn user_data(template: &Value, pool: usize) -> String {
    decoded(launch_data(template, pool)["UserData"].as_str().unwrap())
}

fn faults(lab: &Lab, spec: &AnnexSpec) -> Vec<hoist::provider::CloudError> {
    run(async { lab.cloud.check(&id("a"), spec).await.unwrap() })
}

#[track_caller]
fn only(lab: &Lab, spec: &AnnexSpec, texts: &[&str]) {
    let found = faults(lab, spec);
    assert_eq!(found.len(), 1, "{texts:?}: {found:#?}");
    refused(&found[0], texts);
}

#[track_caller]
fn fits(lab: &Lab, spec: &AnnexSpec) {
    let found = faults(lab, spec);
    assert!(found.is_empty(), "{found:#?}");
}

/// Makes a security group, and returns its id.
fn security_group(lab: &Lab, vpc: &str) -> String {
    let made = [("GroupName", "own"), ("GroupDescription", "own"), ("VpcId", vpc)];
    lab.proxy.ask("CreateSecurityGroup", &made).get("groupId").to_owned()
}

#[test]
fn each_pool_has_its_disk_and_its_market() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let mut spec = lab.joining("a", 10);
    spec.market = Market::Spot;
    spec.pools = vec![pool(IMAGE, 1), pool(IMAGE, 1), pool(IMAGE, 1)];
    (spec.pools[0].disk, spec.pools[0].market) = (Some(100), Some(Market::Shared(20)));
    spec.pools[1].market = Some(Market::OnDemand);
    fits(&lab, &spec);
    let made = template(&lab, &spec);
    let disk = |pool| launch_data(&made, pool)["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"].clone();
    assert_eq!([disk(0), disk(1)], [json!(100), Value::Null]);
    let on_demand = |pool: usize| {
        let policy = &made["Resources"][format!("Group{pool}")]["Properties"]["MixedInstancesPolicy"];
        let distribution = &policy["InstancesDistribution"];
        (distribution["OnDemandBaseCapacity"].clone(), distribution["OnDemandPercentageAboveBaseCapacity"].clone())
    };
    assert_eq!([0, 1, 2].map(on_demand), [(json!(0), json!(20)), (json!(0), json!(100)), (json!(0), json!(0))]);
    // Only machines that may be taken back ask whether they are.
    let asks = |pool| user_data(&made, pool).contains("spot.sh");
    assert_eq!([0, 1, 2].map(asks), [true, false, true]);

    spec.pools[0].disk = Some(1);
    only(&lab, &spec, &["pool 1: its disk is to have 1 GiB, and the image", "disk=", "or leave disk= out"]);
    run(async {
        (spec.pools[0].disk, spec.count) = (Some(100), 2);
        lab.made(&id("a"), &spec).await;
    });
}

#[test]
fn security_groups_are_those_that_are_named() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let mut spec = lab.joining("a", 1);
    spec.security_groups = vec!["sg-0".to_owned()];
    only(&lab, &spec, &["there is no security group sg-0"]);
    let own = security_group(&lab, lab.vpc());
    spec.security_groups = vec![own.clone()];
    fits(&lab, &spec);
    assert_eq!(launch_data(&template(&lab, &spec), 0)["SecurityGroupIds"], json!([own]));

    let vpc = lab.proxy.ask("CreateVpc", &[("CidrBlock", "10.1.0.0/16")]).get("vpc/vpcId").to_owned();
    let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", "10.1.0.0/24")];
    let subnet = lab.proxy.ask("CreateSubnet", &subnet).get("subnet/subnetId").to_owned();
    let elsewhere = security_group(&lab, &vpc);
    spec.security_groups = vec![elsewhere.clone()];
    only(&lab, &spec, &[&elsewhere, &vpc, "groups of the annex's VPC"]);
    // A group of one's own lets an annex be in a VPC for which nothing is set up.
    (spec.vpc, spec.subnets) = (Some(vpc), vec![subnet]);
    fits(&lab, &spec);
}

#[test]
fn containers_are_installed_or_refused() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let mut spec = lab.joining("a", 1);
    let plain = user_data(&template(&lab, &spec), 0);
    assert!(!plain.contains("install_docker") && !plain.contains("install_apptainer"));
    joining(&mut spec).docker = true;
    fits(&lab, &spec);
    let made = user_data(&template(&lab, &spec), 0);
    assert!(made.contains("install docker.io") && made.contains("usermod -a -G docker condor"), "{made}");
    joining(&mut spec).apptainer = true;
    only(&lab, &spec, &["pool 1: Apptainer cannot be installed on debian-12", "almalinux"]);
    joining(&mut spec).os = Some("rocky-9".to_owned());
    fits(&lab, &spec);
    let made = user_data(&template(&lab, &spec), 0);
    assert!(made.contains("install apptainer") && made.contains("install docker-ce"), "{made}");
    joining(&mut spec).os = Some("ucernvm".to_owned());
    only(&lab, &spec, &["pool 1: Docker cannot be installed on ucernvm", "--docker"]);
}

#[test]
fn gpus_and_a_lease_that_runs_out_are_in_htcondors_configuration() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let mut spec = lab.joining("a", 2);
    spec.pools.push(pool(IMAGE, 1));
    spec.pools[1].instance_types = vec!["g5.xlarge".to_owned()];
    let made = template(&lab, &spec);
    let uses_gpus = |pool| user_data(&made, pool).contains("use feature : GPUs");
    assert_eq!([uses_gpus(0), uses_gpus(1)], [false, true]);
    // AWS's image with drivers tells its system by its name.
    let mut named = spec.clone();
    let image = hoist::annex::gpu_image(&["g5.xlarge".to_owned()], None).unwrap();
    (named.pools[1].image, joining(&mut named).os) = (image.clone(), None);
    named.pools.remove(0);
    let shown = template(&lab, &named);
    assert_eq!(launch_data(&shown, 0)["ImageId"], json!(image));
    assert_eq!(launch_data(&shown, 0)["BlockDeviceMappings"][0]["DeviceName"], json!("/dev/sda1"));
    assert!(user_data(&shown, 0).contains("# For ubuntu-24.04."), "{image}");
    let condition = "<= MY.HoistLeaseEnd";
    assert!(user_data(&made, 0).contains(condition));
    (spec.runs_out, spec.metadata_hops) = (true, Some(2));
    let made = template(&lab, &spec);
    assert!(!user_data(&made, 0).contains(condition) && user_data(&made, 0).contains("HOIST_LEASE"));
    let options = &launch_data(&made, 0)["MetadataOptions"];
    assert_eq!((&options["HttpPutResponseHopLimit"], &options["HttpTokens"]), (&json!(2), &json!("required")));
}
