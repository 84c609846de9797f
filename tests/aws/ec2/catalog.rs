//! What EC2 offers to choose from.

use std::time::Duration;

use hoist::cloud::aws::ec2::Ec2Cloud;
use hoist::provider::{Catalog, Image, ImageFilter};

use crate::ec2::lab::{Lab, Setting, run};
use hoist_test_support::aws::{Effect, Faults, IMAGE};

/// The cloud as one who chooses sees it.
pub(crate) fn catalog(lab: &Lab) -> &dyn Catalog {
    let cloud: &Ec2Cloud = &lab.cloud;
    cloud
}

/// What is not there yet is waited for as long as the slowest machine takes to look.
pub(crate) fn patient() -> Setting {
    let mut setting = Setting::default();
    setting.options.timing.consistency_window = Duration::from_secs(60);
    setting
}

/// The same on a cloud that only speaks EC2's language.
pub(crate) fn compatible() -> Setting {
    Setting { compatible: true, ..patient() }
}

#[test]
fn what_there_is_to_choose_from_is_listed() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEzZZmpTq4eZ0rZp0PjTvA2qs0Qy3Ck3Hk1vO3nJrQm9 me";
    lab.proxy.import_key_pair("work", key);
    lab.proxy.import_key_pair("laptop", key);
    run(async {
        let catalog = catalog(&lab);
        let types = catalog.instance_types().await.unwrap();
        assert!(types.len() > 100, "{}", types.len());
        assert!(types.is_sorted_by_key(|kind| (kind.cpus, kind.memory_mib)));
        let small = types.iter().find(|kind| kind.name == "t3.small").unwrap();
        assert_eq!((small.cpus, small.memory_mib), (2, 2048));
        assert_eq!(small.architectures, ["x86_64"]);
        assert_eq!(lab.calls("DescribeInstanceTypes")[0].parameters.get("MaxResults"), Some("100"));
        assert_eq!(catalog.key_pairs().await.unwrap(), ["laptop", "work"]);

        let mut subnets = catalog.subnets().await.unwrap();
        assert!(subnets.len() > 2 && subnets.iter().all(|subnet| subnet.is_default), "{subnets:?}");
        assert_eq!(subnets[0].zone, "us-east-1a");
        let network = subnets[0].network.clone();
        let made = lab.proxy.ask("CreateSubnet", &[("VpcId", &network), ("CidrBlock", "172.31.200.0/24")]);
        let id = made.get("subnet/subnetId").to_owned();
        lab.proxy.ask("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "Name"), ("Tag.1.Value", "batch")]);
        subnets = catalog.subnets().await.unwrap();
        let last = subnets.last().unwrap();
        assert_eq!((&last.id, last.name.as_deref(), last.is_default), (&id, Some("batch"), false));
        assert_eq!(last.cidr, "172.31.200.0/24");

        let groups = catalog.security_groups(Some(&network)).await.unwrap();
        assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["default"]);
        assert_eq!(groups[0].network.as_deref(), Some(network.as_str()));
        assert_eq!(catalog.security_groups(Some("vpc-0123456789abcdef0")).await.unwrap(), []);
    });
}

#[test]
fn an_image_is_found_by_its_id_and_by_its_parameter() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let parameter = "/aws/service/debian/release/12/latest/amd64";
    lab.proxy.name_image(parameter, IMAGE);
    run(async {
        let catalog = catalog(&lab);
        let image = catalog.image(IMAGE).await.unwrap().unwrap();
        assert_eq!((image.id.as_str(), image.os.as_deref()), (IMAGE, Some("ubuntu-16.04")));
        for id in ["ami-0123456789abcdef0", "debian", "resolve:ssm:/aws/service/debian/release/99/latest/amd64"] {
            assert_eq!(catalog.image(id).await.unwrap(), None, "{id}");
        }
        let named = format!("resolve:ssm:{parameter}");
        let image = catalog.image(&named).await.unwrap().unwrap();
        assert_eq!((&image.id, image.resolve.as_ref()), (&named, Some(&named)));
        assert_eq!((image.os.as_deref(), image.architecture.as_deref()), (Some("debian-12"), Some("x86_64")));
        assert_eq!(lab.proxy.living(), [], "it was only rehearsed");

        let denied = "You are not authorized to perform: ssm:GetParameters";
        lab.proxy.change(|faults| {
            *faults = Faults::default().always("RunInstances", Effect::error("UnauthorizedOperation", denied));
        });
        let error = catalog.image(&named).await.unwrap_err();
        assert!(error.message.contains("ssm:GetParameters") && error.message.contains(parameter), "{error}");
    });
}

#[test]
fn a_compatible_clouds_images_are_known_by_the_names_that_people_gave() {
    let Some(lab) = Lab::with(Faults::default(), compatible()) else { return };
    // Of the guide to such a cloud.
    let names = [
        "cirros",
        "Fedora 20 x86_64",
        "Centos 6 x86_64",
        "Centos 7 x86_64",
        "ubuntu-14.04.3-LTSx86_64",
        "Fedora 25 x86_64",
        "uCernVM 3.6.5",
        "ubuntu-16.04.1-LTS x86_64",
        "CentOS 6",
        "debian-12 (golden)",
    ];
    for name in names {
        lab.proxy.ask("RegisterImage", &[("Name", name)]);
    }
    let filter = |os: Option<&str>| ImageFilter { os: os.map(str::to_owned), ..ImageFilter::default() };
    run(async {
        for (os, expected) in [
            ("fedora", &["Fedora 20 x86_64", "Fedora 25 x86_64"][..]),
            ("centos-7", &["Centos 7 x86_64"]),
            ("centos-6", &["CentOS 6", "Centos 6 x86_64"]),
            ("ubuntu-16.04", &["ubuntu-16.04.1-LTS x86_64"]),
            ("ucernvm", &["uCernVM 3.6.5"]),
            ("debian-12", &["debian-12 (golden)"]),
            ("debian-13", &[]),
        ] {
            let found = catalog(&lab).images(&filter(Some(os))).await.unwrap();
            let mut found: Vec<&str> =
                found.iter().map(|image| image.name.as_str()).filter(|name| names.contains(name)).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{os}");
        }
        let all = catalog(&lab).images(&filter(None)).await.unwrap();
        assert!(names.iter().all(|name| all.iter().any(|image| image.name == *name)), "nothing is left out");
        assert!(all.iter().all(|image| image.resolve.is_none()), "such clouds resolve nothing");
    });
    let asked = &lab.calls("DescribeImages")[0].parameters;
    assert!(!asked.has("Owner") && !asked.has("Filter") && !asked.has("MaxResults"), "{asked:?}");
}

#[test]
fn each_publishers_images_are_listed_by_their_system() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    // As their publishers call them.
    let published = [
        ("debian-13", "136693071363", "debian-13-amd64-20260810-2201", "x86_64"),
        ("debian-12", "136693071363", "debian-12-arm64-20260810-2201", "arm64"),
        (
            "ubuntu-26.04",
            "099720109477",
            "ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-server-20260901",
            "x86_64",
        ),
        ("ubuntu-24.04", "099720109477", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20260901", "arm64"),
        ("almalinux-10", "764336703387", "AlmaLinux OS 10.1.20260601 x86_64", "x86_64"),
        ("almalinux-9", "764336703387", "AlmaLinux OS 9.6.20260601 aarch64", "arm64"),
        ("rocky-10", "792107900819", "Rocky-10-EC2-Base-10.1-20260601.0.x86_64", "x86_64"),
        ("rocky-8", "792107900819", "Rocky-8-EC2-LVM-8.10-20260601.0.x86_64", "x86_64"),
        ("rhel-10", "309956199498", "RHEL-10.1.0_HVM_GA-20251031-x86_64-0-Hourly2-GP3", "x86_64"),
        ("rhel-9", "309956199498", "RHEL-9.6.0_HVM-20260602-arm64-0-Hourly2-GP3", "arm64"),
        ("rhel-8", "309956199498", "RHEL-8.10.0_HVM-20260602-x86_64-0-Hourly2-GP3", "x86_64"),
        ("amazon-2023", "amazon", "al2023-ami-2023.9.20260601.0-kernel-6.12-x86_64", "x86_64"),
        ("fedora-43", "125523088429", "Fedora-Cloud-Base-AmazonEC2.x86_64-43-1.6", "x86_64"),
    ];
    for (_, owner, name, architecture) in published {
        lab.proxy.publish(owner, name, architecture);
        // Whoever else calls an image so.
        lab.proxy.publish("210987654321", name, architecture);
    }
    let unwanted = [
        ("764336703387", "AlmaLinux OS Kitten 10.20260601.0 x86_64"),
        ("309956199498", "RHEL-10.2.0_HVM_BETA-20260601-x86_64-0-Hourly2-GP3"),
        ("309956199498", "RHEL-SAP-9.6.0_HVM-20260602-x86_64-0-Hourly2-GP3"),
    ];
    for (owner, name) in unwanted {
        lab.proxy.publish(owner, name, "x86_64");
    }
    run(async {
        for (os, _, name, architecture) in published {
            let filter = ImageFilter { os: Some(os.to_owned()), ..ImageFilter::default() };
            let found = catalog(&lab).images(&filter).await.unwrap();
            // moto has some of Amazon's own.
            let strange = |image: &&Image| {
                image.os.as_deref() != Some(os) || unwanted.iter().any(|(_, name)| *name == image.name)
            };
            assert_eq!(found.iter().find(strange), None, "{os}");
            let mut named = found.iter().filter(|image| image.name == name);
            let (Some(image), None) = (named.next(), named.next()) else { panic!("{os}: {found:?}") };
            assert_eq!(image.architecture.as_deref(), Some(architecture));
            let has_parameter = ["debian", "ubuntu", "amazon"].iter().any(|family| os.starts_with(family));
            assert_eq!(image.resolve.is_some(), has_parameter, "{image:?}");
        }
        for (text, os) in [("rhel9", "rhel-9"), ("AL2023", "amazon-2023"), ("alma10", "almalinux-10")] {
            let filter = ImageFilter { os: Some(text.to_owned()), ..ImageFilter::default() };
            let found = catalog(&lab).images(&filter).await.unwrap();
            let is_of = |image: &Image| image.os.as_deref() == Some(os);
            assert!(!found.is_empty() && found.iter().all(is_of), "{text}: {found:?}");
        }
    });
}

#[test]
fn what_compatible_clouds_do_not_know_is_an_empty_list() {
    for effect in [
        Effect::error("InvalidAction", "The action DescribeInstanceTypes is not valid for this web service."),
        Effect::error("InvalidRequest", "The request received was invalid."),
        Effect::Page(404),
    ] {
        let faults =
            Faults::default().always("DescribeInstanceTypes", effect.clone()).always("DescribeSubnets", effect);
        let Some(lab) = Lab::with(faults, compatible()) else { return };
        run(async {
            assert_eq!(catalog(&lab).instance_types().await.unwrap(), []);
            assert_eq!(catalog(&lab).subnets().await.unwrap(), []);
        });
    }
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    let Some(lab) = Lab::with(Faults::default().always("DescribeInstanceTypes", denied), compatible()) else { return };
    let error = run(catalog(&lab).instance_types()).unwrap_err();
    assert!(error.message.contains("ec2:DescribeInstanceTypes"), "{error}");
}
